import type { Command } from "#domain/command.ts";
import { type Description, type PartDescription, reading, type Reading, type Wanted } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import { lastEvent, nominalVoltage } from "./measure.ts";
import type { Source } from "./source.ts";
import type { Status } from "./status.ts";

const partIds = ["ups", "input", "output", "battery", nominalVoltage, lastEvent] as const;

const present = (status: Status): Status => {
  if (status.lost) throw new Fault("unreachable", "pwrstatd runs, but has lost its UPS or never found it (Lost Communication)");
  return status;
};

const describe = ({ model, firmware, readings, possible }: Status, beeper: readonly Reading[], { commands }: Source): Description => {
  const parts = partIds.map((id): PartDescription => {
    const own = id === "ups" ? [...beeper.map(({ point }) => point), ...possible] : [];
    const points = new Set([...readings.flatMap(({ part, point }) => (part === id ? [point] : [])), ...own]);
    return { id, points: [...points], commands: id === "ups" ? [...commands] : [], ...(id === nominalVoltage && { limits: { unit: "V" } }) };
  });
  return {
    manufacturer: "CyberPower",
    ...(model !== undefined && { model }),
    ...(firmware !== undefined && { firmware }),
    parts: parts.filter(({ points }) => points.length > 0),
  };
};

const beeperOf = async (source: Source, signal: AbortSignal): Promise<readonly Reading[]> => {
  const beeper = await source.beeper?.(signal);
  return beeper === undefined ? [] : [reading("ups", "ups.beeper", beeper)];
};

const keyOf = ({ part, point }: Wanted): string => `${part} ${point}`;

/** One UPS at the daemon of this machine. There is no connection: each look is one of its own. */
export const createSession = (source: Source): Session => {
  const plans = new WeakMap<readonly Wanted[], ReadonlySet<string>>();
  return {
    describe: async (signal) => {
      const status = present(await source.look(signal));
      return describe(status, await beeperOf(source, signal), source);
    },
    read: async (wanted, signal) => {
      if (wanted.length === 0) return [];
      const plan = plans.get(wanted) ?? new Set(wanted.map(keyOf));
      plans.set(wanted, plan);
      const beeper = plan.has("ups ups.beeper");
      // One after the other, as there is one program at a time anyway.
      const status = beeper && plan.size === 1 ? undefined : await source.look(signal);
      const more = beeper && status?.lost !== true ? await beeperOf(source, signal) : [];
      return [...(status?.readings ?? []), ...more].filter((one) => plan.has(keyOf(one)));
    },
    execute: async ({ part, name }: Command, signal) => {
      if (part !== "ups" || !source.act) throw new Fault("unsupported", `pwrstat takes no ${name} for ${part} here`);
      await source.act(name, signal);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
