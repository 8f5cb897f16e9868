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
  /** Points that are worked out from others, as the device does not give them. */
  readonly derived?: readonly PointName[];
  /** Of a variable: its unit, and what it takes. */
  readonly limits?: Limits;
}

/** How far a variable goes. */
export interface Limits {
  readonly unit?: string;
  readonly least?: number;
  readonly most?: number;
  readonly step?: number;
  /** The only values there are. */
  readonly options?: readonly string[];
  /** Characters. */
  readonly longest?: number;
}

/** What a device says it is. Absent fields are not known. */
export interface Description {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  /** MAC addresses, lower case with colons. */
  readonly mac?: readonly string[];
  /** Names of devices behind this one that are devices of their own, such as the UPSs of a NUT server. */
  readonly members?: readonly string[];
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
  /** With `lock: confirm`, and for commands that drop the load of a UPS: Home Assistant may give them all the same, as it has no way to give a token. */
  readonly allowHomeAssistant?: boolean;
  /** The outlet carries the machine on which this program runs: it is never switched off. */
  readonly feedsThisHost?: boolean;
}

/** Whether commands from Home Assistant may pass the lock; what may not is no switch there. `guarded`: of the catalogue, for which nobody has to write a lock. */
export const openToHomeAssistant = ({ lock, allowHomeAssistant }: PartSettings = {}, guarded = false): boolean =>
  lock !== "locked" && (allowHomeAssistant === true || (lock === undefined && !guarded));

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
  /** Of a UPS: seconds on battery that are no more than a flicker; the engine's usual when it is not said. */
  readonly onBatteryAfter?: number;
  readonly parts: Readonly<Record<PartId, PartSettings>>;
}
