import { pointSpec, type PointName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import { reading, type Description, type PartDescription, type Reading, type Wanted } from "#domain/device.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import { upsStatus } from "#domain/ups-status.ts";
import type { Session } from "#driver/contract.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";
import { entitiesOf, type Layout, type Part, type States } from "./layout.ts";
import type { RegistryDevice } from "#transport/homeassistant/core-registry.ts";
import { isAway, valueOf } from "./value.ts";

/** A slow radio needs its time: Core answers when the integration is done. */
const serviceWithin = 20_000;

const services: Readonly<Record<string, string>> = { "outlet.on": "turn_on", "outlet.off": "turn_off" };

/** What the session works on. */
export interface Live {
  readonly core: CoreConnection;
  readonly layout: Layout;
  /** Kept up to date by the connection. */
  readonly states: States;
  /** The Home Assistant device, when all entities are of one. */
  readonly device: RegistryDevice | undefined;
  /** Why the session is of no more use: the connection was lost, or an entity renamed or removed. */
  lost(): Fault | undefined;
}

const describePart = ({ id, label, sources, switch: switched }: Part): PartDescription => ({
  id,
  ...(label !== undefined && { label }),
  points: [...sources.keys()],
  commands: switched === undefined ? [] : ["outlet.on", "outlet.off"],
});

const describe = ({ layout, device }: Live): Description => ({
  ...(typeof device?.manufacturer === "string" && { manufacturer: device.manufacturer }),
  ...(typeof device?.model === "string" && { model: device.model }),
  ...(typeof device?.serial_number === "string" && { serial: device.serial_number }),
  ...(typeof device?.sw_version === "string" && { firmware: device.sw_version }),
  parts: [...layout.values()].map(describePart),
});

/** A device none of whose entities answers is away. Throws `Fault` unreachable. */
export const needPresent = ({ layout, states }: Pick<Live, "layout" | "states">): void => {
  const entities = [...entitiesOf(layout)];
  if (entities.some((id) => !isAway(states.get(id)))) return;
  const [first = "nothing", ...others] = entities;
  throw new Fault("unreachable", `${others.length === 0 ? `${first} is` : `${first} and ${others.length} more are`} unavailable in Home Assistant`);
};

export const readPoint = ({ layout, states }: Pick<Live, "layout" | "states">, { part, point }: Wanted): Reading | undefined => {
  const entity = layout.get(part)?.sources.get(point);
  if (entity === undefined) return undefined;
  const fromStatus = layout.get(part)?.sources.get("ups.status") === entity;
  const value = valueOf(fromStatus ? "ups.status" : point, entity, states.get(entity));
  if (value === undefined) return undefined;
  return fromStatus ? upsStatus(part, value as readonly string[]).find((one) => one.point === point) : reading(part, point, value);
};

/** Sends the switching once. What goes wrong after it left may have acted all the same, also where Core says that it did not. */
const switchEntity = async ({ core, states }: Live, entity: string, service: string, signal: AbortSignal): Promise<void> => {
  // Core takes a call for an entity that is not there, and does nothing (helpers/service.py, entity_service_call).
  if (isAway(states.get(entity))) throw new Fault("unreachable", `${entity} is unavailable in Home Assistant`);
  let sent = false;
  const message = { type: "call_service", domain: entity.slice(0, entity.indexOf(".")), service, target: { entity_id: entity } };
  try {
    await core.call(message, signal, { within: serviceWithin, sent: () => void (sent = true) });
  } catch (error) {
    throw sent && isFault(error) && error.kind !== "denied" ? afterWrite(error) : error;
  }
};

/** One device made of Home Assistant's entities. Reading costs nothing: Core tells every change by itself. */
export const createSession = (live: Live, watch: NonNullable<Session["watch"]>, close: () => Promise<void>): Session => {
  const check = (signal: AbortSignal): void => {
    signal.throwIfAborted();
    const lost = live.lost();
    if (lost) throw lost;
  };
  return {
    describe: async (signal) => {
      check(signal);
      return describe(live);
    },
    read: async (wanted, signal) => {
      check(signal);
      if (wanted.length === 0) return [];
      needPresent(live);
      return wanted.flatMap((one) => readPoint(live, one) ?? []);
    },
    execute: async ({ part, name }: Command, signal) => {
      const entity = live.layout.get(part)?.switch;
      const service = services[name];
      if (entity === undefined || service === undefined) throw new Fault("unsupported", `${part} takes no ${name}`);
      check(signal);
      await switchEntity(live, entity, service, signal);
    },
    watch,
    [Symbol.asyncDispose]: close,
  };
};

/** Points with a number need a unit that fits; a wrong one is said when the device is opened, not at some later reading. */
export const checkUnits = ({ layout, states }: Pick<Live, "layout" | "states">): void => {
  for (const { sources } of layout.values()) for (const [point, entity] of sources) if (isNumber(point)) valueOf(point, entity, states.get(entity));
};
const isNumber = (point: PointName): boolean => pointSpec(point).type === "number";
