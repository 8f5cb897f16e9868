import type { DeviceId, PartId } from "./device.ts";

/**
 * What happens to a UPS, as a change from what was last known of it:
 * - `on-battery`: its load has been on its battery for longer than a flicker; `on-line` ends that
 * - `flicker`: it went to its battery and came back before that
 * - `communication-lost`: nobody knows how it is, as the device is away or whoever reads the UPS has lost it
 * - the others: a word of its status came or went
 */
export const upsEventTypes = [
  "on-battery",
  "on-line",
  "flicker",
  "low-battery",
  "low-battery-cleared",
  "replace-battery",
  "replace-battery-cleared",
  "overload",
  "overload-cleared",
  "bypass",
  "bypass-ended",
  "output-off",
  "output-on",
  "alarm",
  "alarm-cleared",
  "test-started",
  "test-ended",
  "calibration-started",
  "calibration-ended",
  "forced-shutdown",
  "forced-shutdown-cleared",
  "communication-lost",
  "communication-restored",
] as const;
export type UpsEventType = (typeof upsEventTypes)[number];

export interface UpsEvent {
  readonly device: DeviceId;
  readonly part: PartId;
  readonly type: UpsEventType;
  /** When it was noticed, in milliseconds since 1970. */
  readonly at: number;
  /** The status words of that moment, none when they are not known. */
  readonly status: readonly string[];
  /** Of `on-line` and `flicker`: seconds on battery, as far as they were seen. */
  readonly lasted?: number;
  /** Of `on-battery`: why, where something says it. */
  readonly reason?: string;
}

/** Where events can be heard. Nothing is told twice, and nothing is kept. */
export interface UpsEvents {
  /** The listener is called right after the readings are in the store; it must be quick and must not throw. */
  subscribe(listener: (event: UpsEvent) => void): Disposable;
}
