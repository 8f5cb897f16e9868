import type { DeviceId } from "#domain/device.ts";
import type { Added, Identified, Question } from "#domain/identified.ts";
import type { Repair } from "#domain/repair.ts";
import type { Scope } from "#domain/scope.ts";
import type { UpsEvents } from "#domain/ups-event.ts";
import type { Bus } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log, LogLevel } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";
import type { ApiKey } from "./key-ring.ts";
import type { PageMount } from "./page-source.ts";

/** Bounds on what callers may take. Generous: they stop a runaway script or a guesser, not a dashboard. */
export interface RestLimits {
  /** Bytes of a request body. */
  readonly body: number;
  /** Open connections; further ones are closed by the system. */
  readonly connections: number;
  /** Requests per minute of one key. */
  readonly keyRequests: number;
  /** Requests per minute of one address that shows no valid key. */
  readonly addressRequests: number;
  /** Wrong keys per minute of one address; after these no key of that address is looked at until the minute is over. */
  readonly wrongKeys: number;
  /** Event streams open at the same time. */
  readonly streams: number;
  /** Events that wait for one slow reader before it is cut off. */
  readonly waitingEvents: number;
  /** Milliseconds until the headers of a request must be there. */
  readonly headerTime: number;
  /** Milliseconds until a whole request must be there. */
  readonly requestTime: number;
  /** Milliseconds between signs of life on a quiet event stream. */
  readonly heartbeat: number;
  /** Milliseconds between looks at what has to be repaired, while anybody reads events. */
  readonly repairCheck: number;
}

export const usualLimits: RestLimits = {
  body: 16_384,
  connections: 256,
  keyRequests: 6_000,
  addressRequests: 300,
  wrongKeys: 30,
  streams: 32,
  waitingEvents: 10_000,
  headerTime: 10_000,
  requestTime: 20_000,
  heartbeat: 15_000,
  repairCheck: 1_000,
};

/** Who comes through Home Assistant's ingress: from these addresses, which only the Supervisor has, and with its headers. */
export interface Ingress {
  readonly peers: readonly string[];
  /** What this user of Home Assistant may do. When it rejects, the user may read. */
  scopes(userId: string): Promise<readonly Scope[]>;
}

export interface RestOptions {
  readonly host: string;
  /** 0 lets the system choose; `RestServer.port` tells. */
  readonly port: number;
  readonly keys: readonly ApiKey[];
  readonly limits?: Partial<RestLimits>;
  readonly ingress?: Ingress;
}

/** How it is with the MQTT broker. */
export interface BrokerStatus {
  readonly state: "connected" | "connecting" | "refused";
  /** 5, or 4 for MQTT 3.1.1. */
  readonly protocol?: 5 | 4;
  readonly detail?: string;
}

/** Something that the program is connected to besides its devices and the broker. */
export interface Partner {
  readonly name: "core" | "supervisor";
  readonly state: "connected" | "connecting" | "refused";
  readonly detail?: string;
}

/** What Home Assistant knows by MQTT discovery. */
export interface PublishedEntities {
  readonly deviceIdentifiers: readonly string[];
  readonly uniqueIds: readonly string[];
}

/** How the program is, as a whole. */
export interface Health {
  /** `stopping`: commands still end, and no new ones are taken. */
  readonly state: "ready" | "degraded" | "stopping";
  /** What is not as it should be, one sentence each. They name devices, so only a caller with a key sees them. */
  readonly problems: readonly string[];
  /** Absent without MQTT. */
  readonly broker?: BrokerStatus;
  readonly partners?: readonly Partner[];
  /** A UUID that this installation keeps for ever. */
  readonly instance?: string;
  readonly logLevel?: LogLevel;
}

/** An energy sensor that the Energy dashboard has not yet. Entity ids. */
export interface EnergyCounter {
  readonly sensor: string;
  readonly name: string;
  /** The power beside it. */
  readonly power?: string;
  /** The counter that counts the same energy further upstream. */
  readonly within?: string;
}

/** An entity in Home Assistant's registry that came from us and that nobody publishes any more. */
export interface Orphan {
  readonly entityId: string;
  readonly uniqueId: string;
  readonly name: string;
}

/** What can be done at Home Assistant besides MQTT, and only as far as a person has agreed. Each throws `Fault`. */
export interface AtHomeAssistant {
  energy(): Promise<readonly EnergyCounter[]>;
  /** `agreed`: entity ids. Gives what was added. */
  addEnergy(agreed: readonly string[]): Promise<readonly EnergyCounter[]>;
  /** Undefined without MQTT: then nobody knows what is published. */
  orphans(): Promise<readonly Orphan[] | undefined>;
  /** `agreed`: unique ids. Gives what was removed. */
  removeOrphans(agreed: readonly string[]): Promise<readonly Orphan[] | undefined>;
}

export interface ReloadResult {
  /** False when nothing was taken over, because the new configuration as a whole is not usable. */
  readonly accepted: boolean;
  /** What is wrong in the new configuration, one sentence each. */
  readonly problems: readonly string[];
}

export interface RestDependencies {
  readonly store: StoreReader;
  readonly bus: Bus;
  readonly events: UpsEvents;
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  /** Milliseconds for which a confirmation token is good. */
  readonly confirmationLife: number;
  health(): Health;
  /** What a person can put right; asked again and again. */
  repairs?(): readonly Repair[];
  /** What is published by MQTT discovery now; undefined without MQTT. */
  entities?(): PublishedEntities | undefined;
  // Without one of the following the server has no path for it.
  /** Reads the configuration again. */
  reload?(): Promise<ReloadResult>;
  /** Asks a host what it is; writes nothing to it. */
  identify?(question: Question): Promise<readonly Identified[]>;
  /** Writes a device into the configuration file and starts it. */
  addDevice?(id: DeviceId, entry: Readonly<Record<string, unknown>>): Promise<Added>;
  setLogLevel?(level: LogLevel): void;
  /** Only as an add-on. */
  readonly atHomeAssistant?: AtHomeAssistant;
  /** The copy of the database that a backup takes. */
  readonly copy?: { make(): Promise<void>; drop(): void };
  /** Kinds of devices that can be identified. */
  readonly drivers?: readonly string[];
  /** Where devices are written down, as a person would look for it. */
  file?(): string;
  /** Puts pages for people beside the API. */
  readonly page?: PageMount;
}
