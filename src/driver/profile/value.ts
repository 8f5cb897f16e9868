import { type PointName, type Value, pointSpec } from "#domain/capability.ts";
import { type Varbind, numberOf, textOf } from "#transport/snmp/varbind.ts";
import type { PointProfile } from "./schema.ts";

/** Turns what the device sent into the point's value; undefined when it says that it has none now. */
export type Decode = (varbind: Varbind, digits: Varbind | undefined) => Value | undefined;

/** Takes away the tail that binary fractions add: 0.1 × 3 is 0.3. */
const round = (value: number): number => {
  // Three times as quick as by way of text, which only numbers need that are larger or finer than any meter's.
  const short = Math.round(value * 1e6) / 1e6;
  return Math.abs(value) < 1e6 && Math.abs(short - value) < 1e-9 ? short : Number(value.toPrecision(12));
};

const decodeNumber = (profile: PointProfile): Decode => {
  const { scale = 1, minimum = -Infinity, maximum = Infinity } = profile;
  const absent = new Set<unknown>(profile.absent);
  return (varbind, digits) => {
    const raw = numberOf(varbind);
    if (raw === undefined || absent.has(raw) || raw < minimum || raw > maximum) return undefined;
    if (profile.digits === undefined) return scale === 1 ? raw : round(raw * scale);
    // Without its scale a number is off by powers of ten, so there is none.
    const power = digits && numberOf(digits);
    return power === undefined ? undefined : round(raw * scale * 10 ** -power);
  };
};

const decodeMapped = (profile: PointProfile): Decode => {
  const map = new Map<string, Value>(Object.entries(profile.map ?? {}));
  const absent = new Set<unknown>(profile.absent?.map(String));
  return (varbind) => {
    const raw = typeof varbind.value === "number" ? String(varbind.value) : textOf(varbind);
    return absent.has(raw) ? undefined : (map.get(raw) ?? profile.otherwise);
  };
};

const decodeText = (profile: PointProfile): Decode => {
  const absent = new Set<unknown>(profile.absent?.map(String));
  return (varbind) => {
    const text = textOf(varbind);
    return text === "" || absent.has(text) ? undefined : text;
  };
};

const makeDecoder = (point: PointName, profile: PointProfile): Decode => {
  if (pointSpec(point).type === "number" && !profile.map) return decodeNumber(profile);
  return profile.map ? decodeMapped(profile) : decodeText(profile);
};

/** One for all rows of all devices: a profile's point belongs to one name. */
const decoders = new WeakMap<PointProfile, Decode>();
export const decoder = (point: PointName, profile: PointProfile): Decode => {
  const decode = decoders.get(profile) ?? makeDecoder(point, profile);
  decoders.set(profile, decode);
  return decode;
};
