import type { PartId, Reading } from "./device.ts";

/**
 * The readings that follow from a UPS's status words (NUT's `ups.status`, RFC 9271 and NUT's docs/new-drivers.txt). One place, so that
 * every kind of UPS says the same. CAL, TEST, OFF, BYPASS, TRIM and BOOST are states of their own and never mean "on battery".
 */
export const upsStatus = (part: PartId, words: readonly string[]): readonly Reading[] => {
  const has = (word: string): boolean => words.includes(word);
  return [
    { part, point: "ups.status", value: words },
    { part, point: "ups.onBattery", value: has("OB") },
    { part, point: "ups.lowBattery", value: has("LB") },
    { part, point: "ups.replaceBattery", value: has("RB") },
    { part, point: "ups.overload", value: has("OVER") },
    { part, point: "ups.charging", value: has("CHRG") },
  ];
};
/** The points that `upsStatus` gives; a part that answers its status has all of them. */
export const upsStatusPoints = ["ups.status", "ups.onBattery", "ups.lowBattery", "ups.replaceBattery", "ups.overload", "ups.charging"] as const;
