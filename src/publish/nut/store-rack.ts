import { commandSpec } from "#domain/capability.ts";
import type { Command, Origin } from "#domain/command.ts";
import type { DeviceId } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { Bus } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import { deviceName, type DeviceState, type StoreReader } from "#store/read.ts";
import { own } from "./desk.ts";
import { createForcedShutdowns } from "./forced-shutdown.ts";
import type { NutUser } from "./option.ts";
import { ofCommand, ofValue, resultOf, type Wording } from "./outcome-word.ts";
import type { NutRack, ServedUps } from "./rack.ts";
import { type StoreUps, upsOf } from "./store-ups.ts";
import type { Result } from "./word.ts";

export interface StoreRackServices {
  readonly store: StoreReader;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** Further names of devices, in small letters. */
  readonly names: () => Readonly<Record<string, DeviceId>>;
}

const isUps = ({ parts }: DeviceState): boolean => parts.has("ups");
const nobody: Result = "DRIVER-NOT-CONNECTED";

/**
 * Gives the command. What would drop the load and is therefore asked for by a token counts as confirmed when it stands by its name among what the user
 * may do (`all` is no name); a lock that a person has put on the part does not.
 */
const submit = async (bus: Bus, command: Command, confirmed: boolean): Promise<Outcome> => {
  const first = await bus.submit(command).outcome;
  if (!confirmed || first.state !== "refused" || first.refusal !== "confirmation-needed" || first.confirm === undefined) return first;
  return bus.submit({ ...command, confirm: first.confirm }).outcome;
};

/** All devices of the store that have a part `ups`, by their ids and by the further names. */
export const createStoreRack = ({ store, bus, clock, log, names }: StoreRackServices): NutRack & Disposable => {
  const forced = createForcedShutdowns(store, clock);
  const withFlag = (ups: StoreUps): StoreUps => {
    const status = ups.variables.get("ups.status");
    if (status === undefined || !forced.has(ups.id) || status.split(" ").includes("FSD")) return ups;
    return { ...ups, variables: new Map([...ups.variables, ["ups.status", `FSD ${status}`]]) };
  };
  const deviceOf = (name: string): StoreUps | undefined => {
    const small = name.toLowerCase();
    const state = store.device(own(names(), small) ?? small);
    // One that has not been reached since the start may be a UPS: it is not unknown, only not there.
    return state && (isUps(state) || !state.description) ? withFlag(upsOf(state)) : undefined;
  };
  const act = async (command: Command, wording: Wording, confirmed = false): Promise<Result> => resultOf(await submit(bus, command, confirmed), wording);
  const by = ({ name }: NutUser): Origin => ({ via: "nut", user: name });
  return {
    upses: () => {
      const known = new Map<string, ServedUps>(
        store
          .devices()
          .filter(isUps)
          .map((state) => [state.id, withFlag(upsOf(state))]),
      );
      const further = Object.entries(names()).flatMap(([name, id]) => [known.get(id)].flatMap((ups) => (ups ? [[name, ups] as const] : [])));
      return new Map([...known, ...further]);
    },
    find: deviceOf,
    instruct: async ({ id }, name, parameter, user) => {
      const state = store.device(id);
      const instant = state && upsOf(state).layout.instants.get(name);
      if (!state || !instant) return nobody;
      const { part, command, parameter: needed } = instant;
      if (parameter === undefined ? needed : !commandSpec(command).value) return "INVALID-ARGUMENT";
      const named = user.commands !== "all" && state.settings.parts[part]?.lock === undefined;
      return act({ device: id, part, name: command, by: by(user), ...(parameter !== undefined && { value: parameter }) }, ofCommand, named);
    },
    set: async ({ id }, name, value, user) => {
      const state = store.device(id);
      const setting = state && upsOf(state).layout.settings.get(name);
      return setting ? act({ device: id, part: setting.part, name: "variable.set", by: by(user), value }, ofValue) : nobody;
    },
    force: ({ id }, { name }) => {
      const state = store.device(id);
      log.warn(`${state ? deviceName(state) : id}: ${name} announces a forced shutdown; its clients are told`);
      forced.announce(id);
    },
    [Symbol.dispose]: () => forced[Symbol.dispose](),
  };
};
