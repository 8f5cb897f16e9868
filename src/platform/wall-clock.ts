const two = (number: number): string => String(number).padStart(2, "0");

/** What the clock of this machine shows at a moment (RFC 3339): `2026/01/31 12:34:56`. Undefined when the text is no moment. */
export const wallClock = (moment: string): string | undefined => {
  const then = new Date(moment);
  if (Number.isNaN(then.getTime())) return undefined;
  const day = [String(then.getFullYear()).padStart(4, "0"), two(then.getMonth() + 1), two(then.getDate())].join("/");
  return `${day} ${[then.getHours(), then.getMinutes(), then.getSeconds()].map(two).join(":")}`;
};
