import type { PointName } from "#domain/capability.ts";
import { type Reading, reading, type Wanted } from "#domain/device.ts";
import { Fault, isFault } from "#domain/fault.ts";
import { upsStatus } from "#domain/ups-status.ts";
import type { Session } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import { askNis } from "#transport/apcupsd/ask.ts";
import { addressOf, type NisServer } from "#transport/apcupsd/nis-server.ts";
import type { Field } from "./field.ts";
import { type Report, reportOf } from "./report.ts";
import { describe, eventPart, outgrown, replaced, type Shape, shapeOf, statusPoints } from "./shape.ts";
import { type Status, statusOf } from "./status.ts";

/** What a request for points needs of a report. Made once for each list of points, used at every poll. */
interface Plan {
  readonly status: ReadonlySet<PointName>;
  readonly fields: readonly (readonly [name: string, field: Field])[];
  readonly event: boolean;
}

const fromStatus: ReadonlySet<PointName> = new Set([...statusPoints, "ups.shutdownPending"]);

const planOf = (wanted: readonly Wanted[], shape: Shape): Plan => {
  const asked = new Set(wanted.map(({ part, point }) => `${part} ${point}`));
  return {
    status: new Set(wanted.flatMap(({ part, point }) => (part === "ups" && fromStatus.has(point) ? [point] : []))),
    fields: [...shape].filter(([, { part, point }]) => asked.has(`${part} ${point}`)),
    event: asked.has(`${eventPart} variable.text`),
  };
};

const statusReadings = (wanted: ReadonlySet<PointName>, { words, lost, shuttingDown, shutdownImminent }: Status): readonly Reading[] => {
  const imminent = shutdownImminent === undefined ? [] : [reading("ups", "ups.shutdownPending", shutdownImminent)];
  // Losing a UPS that was low on its battery is why apcupsd shuts down; the words of a lost one leave that out.
  const forced = lost && shuttingDown ? [reading("ups", "ups.forcedShutdown", true)] : [];
  return [...upsStatus("ups", words), ...imminent, ...forced].filter(({ point }) => wanted.has(point));
};

const fieldReadings = (fields: Plan["fields"], report: Report): readonly Reading[] =>
  fields.flatMap(([name, field]) => {
    const text = report.get(name);
    const value = text === undefined ? undefined : field.read(text);
    return value === undefined ? [] : [reading(field.part, field.point, value)];
  });

/** Without a time in it, it is no line of the log but what an old apcupsd says to a question it does not know. */
const eventPattern = /\d{2}:\d{2}:\d{2}/;

/** The newest line of the event log; undefined where there is none: the log is only told beside the UPS. */
const lastEvent = async (clock: Clock, server: NisServer, signal: AbortSignal): Promise<string | undefined> => {
  try {
    return (await askNis(clock, server, "events", signal)).findLast((line) => eventPattern.test(line))?.replaceAll(/\s+/g, " ");
  } catch (error) {
    if (isFault(error, "malformed", "unreachable")) return undefined;
    throw error;
  }
};

/** One UPS behind an apcupsd. Nothing is open between two questions. */
export const openSession = (clock: Clock, server: NisServer): Session => {
  let described: Report | undefined;
  let shape: Shape = new Map();
  let plans = new WeakMap<readonly Wanted[], Plan>();
  const planFor = (wanted: readonly Wanted[]): Plan => {
    const plan = plans.get(wanted) ?? planOf(wanted, shape);
    plans.set(wanted, plan);
    return plan;
  };
  let outdated = false;
  const report = async (signal: AbortSignal): Promise<Report> => reportOf(await askNis(clock, server, "status", signal));
  return {
    describe: async (signal) => {
      described = await report(signal);
      shape = shapeOf(described);
      plans = new WeakMap();
      outdated = false;
      return describe(shape, described, (await lastEvent(clock, server, signal)) !== undefined);
    },
    get outdated() {
      return outdated;
    },
    read: async (wanted, signal) => {
      const plan = planFor(wanted);
      if (plan.status.size + plan.fields.length === 0 && !plan.event) return [];
      const now = await report(signal);
      const status = statusOf(now);
      if (described && !status.lost) {
        const other = replaced(described, now);
        // Nothing of the one UPS may be taken for the other's.
        if (other !== undefined) throw new Fault("unreachable", `Another UPS is behind apcupsd at ${addressOf(server)}: ${other}`);
        outdated = outgrown(described, shape, now);
      }
      const event = plan.event ? await lastEvent(clock, server, signal) : undefined;
      return [
        ...statusReadings(plan.status, status),
        ...(status.lost ? [] : fieldReadings(plan.fields, now)),
        ...(event === undefined ? [] : [reading(eventPart, "variable.text", event)]),
      ];
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};
