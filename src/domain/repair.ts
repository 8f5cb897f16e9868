import type { DeviceId, PartId } from "./device.ts";

export const repairKinds = [
  "quarantined",
  "denied",
  "broker-missing",
  "broker-refused",
  "broker-old",
  "label-changed",
  "configuration",
  "option",
  "supervisor",
  "core",
  "core-old",
] as const;
export type RepairKind = (typeof repairKinds)[number];

/** Where in a file. Lines and columns count from 1. */
interface Spot {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * What is wrong and a person can put right.
 * - `quarantined`: the device's entry in the configuration is wrong; it is not asked anything
 * - `denied`: the device refuses our login
 * - `broker-missing`: no broker is known, or none answers
 * - `broker-refused`: the broker is there and does not want us
 * - `broker-old`: the broker speaks only MQTT 3.1.1
 * - `label-changed`: the device calls a part `label` now, and not as accepted; it is not switched until somebody accepts
 * - `configuration`: the file as a whole is not usable
 * - `option`: an option of the add-on is wrong
 * - `supervisor`, `core`: no way to them, or they refuse us
 * - `core-old`: this Home Assistant is older than what was tried
 */
type Wrong =
  | ({ readonly kind: "quarantined"; readonly device: DeviceId } & Spot)
  | { readonly kind: "denied"; readonly device: DeviceId }
  | { readonly kind: "broker-missing" | "broker-refused" | "broker-old" | "supervisor" | "core" | "core-old" }
  | { readonly kind: "label-changed"; readonly device: DeviceId; readonly part: PartId; readonly label: string; readonly accepted: string }
  | ({ readonly kind: "configuration" } & Spot)
  | { readonly kind: "option"; readonly option: string };

export type Repair = Wrong & {
  /** The same for the same trouble at the same place, so that whoever shows it knows it again. */
  readonly id: string;
  /** One sentence for a person. */
  readonly detail: string;
};

const placeOf = (wrong: Wrong): string => {
  if (wrong.kind === "label-changed") return `${wrong.device}/${wrong.part}`;
  if ("device" in wrong) return wrong.device;
  return wrong.kind === "option" ? wrong.option : "";
};

/** Gives the trouble its name: the kind, and where it has them, device and part or option. */
export const repair = (wrong: Wrong, detail: string): Repair => {
  const place = placeOf(wrong);
  return { id: place === "" ? wrong.kind : `${wrong.kind}:${place}`, ...wrong, detail };
};
