import type { Command } from "#domain/command.ts";
import type { PartId, Wanted } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Driver, Session } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { createSnmpTransport } from "#transport/snmp/snmp-transport.ts";
import { bundledProfiles } from "./bundled-profiles.ts";
import { describeDevice, findLayout } from "./describe.ts";
import { identify } from "./identify.ts";
import type { Layout } from "./layout.ts";
import { type SnmpOptions, credentialsOf, optionsSchema } from "./options.ts";
import { type Presence, type ReadPlan, planRead, readPlanned } from "./read-plan.ts";
import type { Profile } from "./schema.ts";
import { writePlanned } from "./write.ts";

const createSession = (session: SnmpSession, profiles: readonly Profile[], named: string | undefined): Session => {
  let layout: Layout | undefined;
  let plans = new WeakMap<readonly Wanted[], ReadPlan>();
  const presence: Presence = { gone: new Set<PartId>(), lost: false };

  const known = (): Layout => {
    if (!layout) throw new Fault("unsupported", "the device has not been described yet");
    return layout;
  };
  return {
    describe: async (signal) => {
      const profile = profiles.find(({ name }) => name === named) ?? (await identify(session, profiles, signal));
      layout = await findLayout(profile, session, signal);
      plans = new WeakMap();
      presence.gone.clear();
      presence.lost = false;
      return describeDevice(profile, layout, session, signal);
    },
    read: async (wanted, signal) => {
      let plan = plans.get(wanted);
      if (!plan) {
        plan = planRead(wanted, known());
        plans.set(wanted, plan);
      }
      return plan.fetch.oids.length === 0 ? [] : readPlanned(plan, session, presence, signal);
    },
    execute: async ({ part, name, value }: Command, signal) => {
      const writes = known().parts.get(part)?.commands.get(name);
      if (!writes || presence.gone.has(part)) throw new Fault("unsupported", writes ? `the device no longer has ${part}` : `${part} does not take ${name}`);
      await writePlanned(writes, value, session, signal);
    },
    [Symbol.asyncDispose]: async () => session[Symbol.dispose](),
  };
};

/** SNMP devices of the kinds that the profiles describe. All of them share one socket. */
export const createSnmpDriver = (clock: Clock, profiles: readonly Profile[] = bundledProfiles): Driver<SnmpOptions> => {
  const transport = createSnmpTransport(clock);
  return {
    name: "snmp",
    options: optionsSchema(profiles.map(({ name }) => name)),
    endpoint: ({ host, port }) => `${host}:${port}`,
    parallel: 1,
    open: async (options, _context, signal) =>
      createSession(await transport.open(options, credentialsOf(options), options.timeout * 1000, signal), profiles, options.profile),
  };
};
