import type { FastifyRequest } from "fastify";
import type { PointName, Value } from "#domain/capability.ts";
import type { DeviceId, PartId } from "#domain/device.ts";
import type { Added, Identified, Question } from "#domain/identified.ts";
import type { Repair } from "#domain/repair.ts";
import type { Scope } from "#domain/scope.ts";
import type { Text } from "#publish/text/text.ts";
import type { Caller } from "./key-ring.ts";
import type { DeviceView, PartView } from "./device-view.ts";
import type { EnergyCounter, Health, Orphan, ReloadResult } from "./option.ts";
import type { OutcomeView } from "./outcome-view.ts";
import type { App } from "./route.ts";

export type { App, Caller, DeviceView, Health, OutcomeView, PartView };

/** A value with its unit, rounded as its quantity wants it. */
export interface ShownValue {
  readonly value: Value;
  readonly unit?: string;
}

export interface Failure {
  readonly status: number;
  readonly sentence: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Names of kinds of parts, of points and commands. */
export type Words = Pick<Text, "part" | "point" | "command">;

/** What could be done at Home Assistant, each only when a person says so. */
export interface ToAgree {
  readonly energy: readonly EnergyCounter[];
  readonly orphans: readonly Orphan[];
}

/** What a page shows and does: the same as the API, without HTTP between them. */
export interface PageSource {
  readonly version: string;
  readonly drivers: readonly string[];
  words(language: string): Words;
  /** One reading as the API would show it. */
  value(point: PointName, value: Value): ShownValue;
  /** A moment of the API, in milliseconds since 1970. */
  moment(at: string): number;
  /** How long ago it was, in seconds. */
  secondsSince(at: string): number;
  /** What the API would answer to this error; what was not foreseen goes to the log. */
  failure(error: unknown, request: FastifyRequest): Failure;
  health(): Health;
  repairs(): readonly Repair[];
  devices(): readonly DeviceView[];
  /** Newest first. */
  outcomes(limit: number): readonly OutcomeView[];
  file(): string | undefined;
  may(caller: Caller | undefined, scope: Scope): boolean;
  acceptLabel(device: DeviceId, part: PartId, label: string, caller: Caller | undefined): Promise<void>;
  reload?(): Promise<ReloadResult>;
  identify?(question: Question): Promise<readonly Identified[]>;
  addDevice?(id: DeviceId, entry: Readonly<Record<string, unknown>>): Promise<Added>;
  setLogLevel?(level: string): boolean;
  /** As it is now, if that is told in a moment; with `ask` false, as it was last told. */
  toAgree(ask: boolean): Promise<ToAgree>;
  /** Both act on what was agreed to and is still so, tell how many that were, and throw `Fault`. */
  addEnergy?(agreed: readonly string[]): Promise<number>;
  removeOrphans?(agreed: readonly string[]): Promise<number>;
}

/** Adds the pages to a scope of the server of their own. */
export type PageMount = (app: App, source: PageSource) => void;
