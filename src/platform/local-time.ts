const two = (number: number): string => String(number).padStart(2, "0");

/**
 * What the clock of this machine showed, as date and time with the offset that held then (RFC 3339): `2026-01-31T12:34:56+01:00`.
 * Undefined for what it never showed, such as 31 June or the hour that is left out in spring. Months count from 1.
 */
export const localTime = (year: number, month: number, day: number, hour: number, minute: number, second: number): string | undefined => {
  const moment = new Date(year, month - 1, day, hour, minute, second);
  const shown = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate(), moment.getHours(), moment.getMinutes(), moment.getSeconds()];
  if ([year, month, day, hour, minute, second].some((given, place) => given !== shown[place])) return undefined;
  const offset = -moment.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${zone}`;
};
