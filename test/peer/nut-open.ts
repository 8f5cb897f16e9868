import type { CommandName, Value } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { Description, Wanted } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { createNutDriver } from "#driver/nut/nut-driver.ts";
import type { Context, Session } from "#driver/contract.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";

export const soon = (ms = 5000): AbortSignal => AbortSignal.timeout(ms);
/** `kept`: what the device has on disk, from one session to the next. */
const context = (device: string, kept = new Map<string, Uint8Array>()): Context => ({
  device,
  log: createLog("error", () => undefined),
  cache: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) },
});

export interface Opened extends AsyncDisposable {
  readonly session: Session;
  describe(): Promise<Description>;
  /** Describes, then reads all that was described: `part point` → value. */
  everything(): Promise<ReadonlyMap<string, Value>>;
  read(...wanted: readonly Wanted[]): Promise<ReadonlyMap<string, Value>>;
  execute(part: string, name: CommandName, signal?: AbortSignal, value?: number | string): Promise<void>;
}

export const allPoints = ({ parts }: Description): readonly Wanted[] => parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));

/** A session as the engine would open it, for the options as they stand in a configuration. */
export const openUps = async (
  options: Readonly<Record<string, unknown>>,
  driver = createNutDriver(systemClock),
  kept?: Map<string, Uint8Array>,
): Promise<Opened> => {
  const session = await driver.open(driver.options.parse({ host: "127.0.0.1", ...options }), context(String(options["ups"]), kept), soon());
  const read = async (...wanted: readonly Wanted[]): Promise<ReadonlyMap<string, Value>> =>
    new Map((await session.read(wanted, soon())).map(({ part, point, value }) => [`${part} ${point}`, value]));
  return {
    session,
    describe: () => session.describe(soon()),
    everything: async () => await read(...allPoints(await session.describe(soon()))),
    read,
    execute: async (part, name, signal = soon(), value) => {
      const command: Command = { device: "test", part, name, by: { via: "engine", why: "test" }, ...(value !== undefined && { value }) };
      if (!session.execute) throw new Error("the session takes no commands");
      await session.execute(command, signal);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

/** The fault with which something ends; anything else fails the test. */
export const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
  const end = await work.then(
    () => new Error("it went well"),
    (error: unknown) => error,
  );
  if (end instanceof Fault) return end;
  throw end;
};
