import type { DeviceId } from "#domain/device.ts";
import type { Secret } from "#domain/secret.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";

/** Where one of the two doors is. The forerunner's had neither certificate nor key. */
export interface DoorOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** SHA-256 of the key that has to be shown, in hexadecimal digits; without it everybody may read. */
  readonly keyHash?: string;
}

export interface MetricOptions extends DoorOptions {
  /** On every sample. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A connection of its own: with the client id and the rights that the forerunner had, and at its broker, which need not be ours. */
export interface MessageOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
  readonly topic: string;
  /** Says `online` or `offline`, which the forerunner had not; undefined: nowhere. */
  readonly availability?: string;
  /** Seconds. */
  readonly refresh: number;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
}

export interface PwrstatOptions {
  /** Whose state is shown. */
  readonly device: DeviceId;
  /** The forerunner's text to the last byte, with frequencies ten times too large. */
  readonly exact: boolean;
  readonly rest?: DoorOptions;
  readonly mqtt?: MessageOptions;
  readonly prometheus?: MetricOptions;
}

export interface PwrstatServices {
  readonly store: StoreReader;
  readonly clock: Clock;
  readonly log: Log;
}
