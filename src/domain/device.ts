import type { CommandName, PointName, Value, ValueOf } from "./capability.ts";

/** The key of the device in the configuration: small letters, digits, `-` and `_`. Unique ids derive from it and from nothing else. */
export type DeviceId = string;
export const devicePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Where in a device: `outlet/3`, `phase/1`, `sensor/cpu-temp`, `chassis`, `ups`, `inlet`. Kind, then number or name. */
export type PartId = string;
export const partPattern = /^[a-z][a-z-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** One value of one point, as a driver read it. */
export type Reading = { [P in PointName]: { readonly part: PartId; readonly point: P; readonly value: ValueOf<P> } }[PointName];

/** One point that the engine asks a session for. */
export interface Wanted {
  readonly part: PartId;
  readonly point: PointName;
}

export interface PartDescription {
  readonly id: PartId;
  /** The name the device keeps for the part, such as an outlet's label; absent when it has none. */
  readonly label?: string;
  /** The points this part answers. What it has is found by asking it, not assumed. */
  readonly points: readonly PointName[];
  /** The commands that this part takes and this login may give. */
  readonly commands: readonly CommandName[];
}

/** What a device says it is. Absent fields are not known. */
export interface Description {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  /** MAC addresses, lower case with colons. */
  readonly mac?: readonly string[];
  readonly parts: readonly PartDescription[];
}

/** Makes a reading from a point that is only known at run time, such as one out of a profile. The caller has made the value fit. */
export const reading = (part: PartId, point: PointName, value: Value): Reading => ({ part, point, value }) as Reading;

/** `locked`: never switched by us. `confirm`: only with an explicit token. */
export type Lock = "locked" | "confirm";

/** What a person says about one part. */
export interface PartSettings {
  readonly name?: string;
  readonly lock?: Lock;
  /** With `lock: confirm`: Home Assistant may switch it all the same, as it has no way to give a token. */
  readonly allowHomeAssistant?: boolean;
  /** The outlet carries the machine on which this program runs: it is never switched off. */
  readonly feedsThisHost?: boolean;
}

/** Whether commands from Home Assistant may pass the lock; what may not is no switch there. */
export const openToHomeAssistant = ({ lock, allowHomeAssistant }: PartSettings = {}): boolean =>
  lock === undefined || (lock === "confirm" && allowHomeAssistant === true);

/** What a person says about one device, besides how to reach it. */
export interface DeviceSettings {
  readonly id: DeviceId;
  readonly driver: string;
  readonly name?: string;
  readonly area?: string;
  /** Outlets that carry this device, as `rack-pdu/outlet/3`. */
  readonly fedBy: readonly { readonly device: DeviceId; readonly part: PartId }[];
  /** Seconds between polls of live points. */
  readonly interval: number;
  readonly parts: Readonly<Record<PartId, PartSettings>>;
}
