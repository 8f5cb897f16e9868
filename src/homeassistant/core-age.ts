/** The oldest Home Assistant Core that Rack Power was tried with; config.yaml and the integration's hacs.json say the same. */
export const oldestCore = "2026.8.0";

/** `2026.8.3`, `2026.9.0b2`, `2026.9.0.dev202608190230` → year, month and release; undefined for anything else. */
const numbersOf = (version: string): readonly [number, number, number] | undefined => {
  const [, year, month, release] = /^(\d{4})\.(\d{1,2})\.(\d+)/.exec(version) ?? [];
  return year === undefined || month === undefined || release === undefined ? undefined : [Number(year), Number(month), Number(release)];
};

/** One sentence when this Core is older than the oldest one known to do; newer ones, and versions that cannot be read, are taken as they come. */
export const tooOld = (version: string): string | undefined => {
  const [own, least] = [numbersOf(version), numbersOf(oldestCore)];
  if (!own || !least) return undefined;
  const at = own.findIndex((number, index) => number !== least[index]);
  if (at < 0 || (own[at] ?? 0) > (least[at] ?? 0)) return undefined;
  return `Home Assistant ${version} is older than ${oldestCore}, the oldest that Rack Power was tried with: entities may be missing; update it`;
};
