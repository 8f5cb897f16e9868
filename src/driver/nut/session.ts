import type { Description, Wanted } from "#domain/device.ts";
import { Fault, isFault } from "#domain/fault.ts";
import { isAside } from "#domain/nut-variable.ts";
import type { Context, Session } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { refusalCode } from "#transport/nut/error.ts";
import { listVariables } from "#transport/nut/question.ts";
import { asker, fewVariables } from "./ask.ts";
import { askFacts, type Facts, isAnonymous } from "./fact.ts";
import { heard, type Loss, lostReadings, unreadable } from "./loss.ts";
import { createMemory } from "./memory.ts";
import type { NutOptions } from "./option.ts";
import { type Plan, planOf, readingsOf } from "./reading.ts";
import { requestFor, send } from "./request.ts";
import { describe, type Shape, shapeOf } from "./shape.ts";
import { follow } from "./tracking.ts";

/** Up to this many variables are asked one by one: a single line is answered at once, a list waits for delayed acknowledgements. */
const few = 2;

/** Of a UPS that was lost before it was ever seen: that it has a status. */
const nothingKnown: Facts = { variables: new Map([["ups.status", ""]]), commands: [], writables: new Map(), settable: false };

/** What the UPS is made of, as it was described last. */
interface Known {
  readonly facts: Facts;
  readonly shape: Shape;
  readonly plans: WeakMap<readonly Wanted[], Plan>;
  /** Why the server knows nothing of it now. */
  loss: Loss | undefined;
  /** It was lost and has come back since. */
  returned: boolean;
  /** Described right after its return, or with less than it had: its driver may have been telling the server what it is just then, so it is asked once more. */
  readonly hasty: boolean;
  /** It is other than it was described: what was told while it was lost, or has come since. */
  outdated: boolean;
}

/** One that the server had and has no more is away, and asked for again; a name that it never had is a mistake. */
const gone = (error: unknown): never => {
  throw isFault(error, "unsupported") && refusalCode(error) === "UNKNOWN-UPS" ? new Fault("unreachable", error.message, { cause: error.cause }) : error;
};

const knownOf = (facts: Facts, loss: Loss | undefined, hasty = false): Known => ({
  facts,
  shape: shapeOf(facts),
  plans: new WeakMap(),
  loss,
  returned: false,
  hasty,
  outdated: false,
});

const hasLess = (now: Facts, before: Facts | undefined): boolean =>
  before !== undefined && (before.commands.some((name) => !now.commands.includes(name)) || before.writables.keys().some((name) => !now.writables.has(name)));

/** One UPS on a connection that it shares with the others of its server. */
export const openSession = (clock: Clock, link: NutConnection, options: NutOptions, { cache }: Context): Session => {
  const { ups } = options;
  const ask = asker(link, options);
  const memory = createMemory(cache);
  let known = knownOf(nothingKnown, undefined);

  const lose = (loss: Loss): void => {
    known.loss = loss;
    if (known.shape.get("ups")?.sources.has("ups.status") !== true) throw unreadable(loss);
  };
  const describeUps = async (signal: AbortSignal): Promise<Description> => {
    const found = await askFacts(ask, link, options, signal);
    if ("loss" in found) {
      const remembered = memory.recall() ?? nothingKnown;
      known = knownOf(isAnonymous(options) ? { ...remembered, commands: [], settable: false } : remembered, found.loss);
      lose(found.loss);
    } else {
      const hasty = known.returned || known.loss !== undefined || hasLess(found, memory.recall());
      known = knownOf(memory.unite(found), undefined, hasty);
    }
    return describe(known.shape, known.facts.variables);
  };

  return {
    describe: describeUps,
    get outdated() {
      return known.outdated;
    },
    read: async (wanted, signal) => {
      const { facts, shape, plans, loss } = known;
      const plan = plans.get(wanted) ?? planOf(wanted, shape);
      plans.set(wanted, plan);
      if (plan.variables.length === 0) return [];
      const answer = plan.variables.length <= few ? fewVariables(ask, ups, plan.variables, signal) : ask(listVariables(ups), signal);
      const found = await heard(answer).catch(gone);
      if ("loss" in found) {
        lose(found.loss);
        return lostReadings(wanted, found.loss);
      }
      const { variables } = found;
      if (loss !== undefined) known.returned = true;
      if (known.returned || known.hasty || variables.keys().some((name) => !facts.variables.has(name) && !isAside(name))) known.outdated = true;
      known.loss = undefined;
      return readingsOf(plan, variables);
    },
    execute: async (command, signal) => {
      const name = known.shape.get(command.part)?.commands.get(command.name);
      if (name === undefined) throw new Fault("unsupported", `UPS "${ups}" takes no ${command.name} for ${command.part} from this login`);
      await link.login();
      const tracking = await send(link, await requestFor(ask, ups, name, command, known.facts, signal), signal);
      if (tracking !== undefined) await follow(clock, link, tracking, signal);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
};
