import type { Description, Reading } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { Context, Driver } from "#driver/contract.ts";
import { deadline } from "#platform/abort.ts";
import type { Log } from "#platform/log.ts";

/** Milliseconds that one kind of device may take to be opened, described and read. */
const patience = 20_000;

/** Nothing is kept: the device may never be one of ours. */
const contextOf = (log: Log): Context => {
  const kept = new Map<string, Uint8Array>();
  return { device: "identify", log, cache: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) } };
};

/** Asks a device once what it is and what it reads, and writes nothing to it. `options`: as the driver's own schema made them. */
export const askDevice = async (
  driver: Driver<never>,
  options: unknown,
  log: Log,
): Promise<{ readonly description: Description; readonly readings: readonly Reading[] } | { readonly why: string }> => {
  const signal = deadline(patience);
  try {
    await using session = await driver.open(options as never, contextOf(log), signal);
    const description = await session.describe(signal);
    const wanted = description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
    return { description, readings: await session.read(wanted, signal) };
  } catch (error) {
    if (isFault(error)) return { why: `${error.kind}: ${error.message}` };
    if (signal.aborted) return { why: "timeout: no answer in time" };
    throw error;
  }
};
