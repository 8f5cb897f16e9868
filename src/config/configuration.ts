import type { DeviceSettings } from "#domain/device.ts";
import type { Scope } from "#domain/scope.ts";
import type { Secret } from "#domain/secret.ts";
import type { LogLevel } from "#platform/log.ts";
import type { Problem } from "./problem.ts";

export interface MqttSettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly baseTopic: string;
  readonly discoveryPrefix: string;
  /** Of names; without it Home Assistant's. */
  readonly language?: string;
  readonly clientId?: string;
  /** Absolute paths of PEM files. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
}

export interface RestSettings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** `hash`: SHA-256 in hexadecimal; the key's text is not kept here. */
  readonly keys: readonly { readonly name: string; readonly hash: string; readonly scopes: readonly Scope[] }[];
}

/** A listener of a forerunner's: paths of PEM files are absolute, of the key there is the SHA-256 in hexadecimal. */
export interface DoorSettings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly keyHash?: string;
}

/** What pwrstat_docker's users keep. */
export interface PwrstatSettings {
  readonly device: string;
  readonly exact: boolean;
  readonly rest?: DoorSettings;
  readonly mqtt?: {
    readonly topic: string;
    /** Seconds. */
    readonly refresh: number;
    readonly qos: 0 | 1 | 2;
    readonly retained: boolean;
    readonly availability?: string;
    readonly clientId: string;
    /** Without it, the broker of the section `mqtt`. */
    readonly url?: string;
    readonly username?: string;
    readonly password?: Secret;
    readonly tls: MqttSettings["tls"];
  };
  readonly prometheus?: DoorSettings & { readonly labels: Readonly<Record<string, string>> };
}

/** UPSs for NUT's clients. */
export interface NutServerSettings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Further names of devices. */
  readonly names: Readonly<Record<string, string>>;
  /** `hash`: SHA-256 of the password in hexadecimal; its text is not kept here. */
  readonly users: readonly {
    readonly name: string;
    readonly hash: string;
    readonly role?: "primary" | "secondary";
    readonly commands: "all" | readonly string[];
    readonly set: boolean;
    readonly devices?: readonly string[];
  }[];
}

/** A device that can be run; `options` is what the driver's own schema made of the rest of the entry. */
export interface GoodEntry {
  readonly settings: DeviceSettings;
  readonly options: unknown;
}

/** A device whose entry is wrong: shown with its problems, never opened. The settings are what could be read. */
export interface QuarantinedEntry {
  readonly settings: DeviceSettings;
  readonly problems: readonly Problem[];
}

export type DeviceEntry = GoodEntry | QuarantinedEntry;
export const isQuarantined = (entry: DeviceEntry): entry is QuarantinedEntry => "problems" in entry;

export interface Configuration {
  readonly mqtt?: MqttSettings;
  readonly rest?: RestSettings;
  readonly compat?: { readonly pwrstat?: PwrstatSettings };
  readonly nutServer?: NutServerSettings;
  /** Folder of the database; absolute. */
  readonly data: string;
  /** Undefined when the file does not say. */
  readonly log?: LogLevel;
  readonly devices: readonly DeviceEntry[];
  /** Every text that must not be shown, for the log's redactor. */
  readonly secrets: readonly string[];
}

/** What can be run although the file as a whole is wrong: every device entry is known, good or quarantined. */
export interface Usable {
  readonly configuration: Configuration;
  /** The sections that are wrong, and that the configuration is without. */
  readonly leftOut: readonly string[];
}

export type Loaded =
  /** `problems`: those of the quarantined devices. */
  | { readonly ok: true; readonly configuration: Configuration; readonly problems: readonly Problem[] }
  /** All problems that were found. Without `usable` nothing is known of the devices either. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly usable?: Usable };
