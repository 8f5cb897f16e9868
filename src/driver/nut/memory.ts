import { z } from "zod";
import type { Context } from "#driver/contract.ts";
import type { Facts } from "./fact.ts";

/**
 * What a UPS has been seen to be made of, kept on disk: a variable that comes and goes keeps its place, and one whose driver does not run at our
 * start is known all the same.
 */
export interface Memory {
  recall(): Facts | undefined;
  /** Adds what was known before to what is known now, and keeps it. */
  unite(now: Facts): Facts;
}

const key = "nut";
const range = z.object({ least: z.number(), most: z.number(), longest: z.number(), options: z.array(z.string()) }).partial();
const kept = z.object({
  variables: z.array(z.tuple([z.string(), z.string()])),
  commands: z.array(z.string()),
  writables: z.array(z.tuple([z.string(), z.object({ kind: z.enum(["number", "choice", "text"]), limits: range })])),
  settable: z.boolean(),
});

const parse = (bytes: Uint8Array | undefined): Facts | undefined => {
  if (!bytes) return undefined;
  try {
    const { variables, commands, writables, settable } = kept.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return { variables: new Map(variables), commands, writables: new Map(writables) as Facts["writables"], settable };
  } catch (error) {
    // Of another version, or damaged: the UPS tells it all again.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
};

/** Another UPS under the same name, or another driver for it, has nothing of what the last one had. */
const who = ["device.mfr", "ups.mfr", "device.model", "ups.model", "device.serial", "ups.serial", "driver.name", "driver.version"];
const isSame = (left: Facts, right: Facts): boolean => who.every((name) => left.variables.get(name) === right.variables.get(name));

export const createMemory = (cache: Context["cache"]): Memory => {
  let last: Facts | undefined;
  const recall = (): Facts | undefined => (last ??= parse(cache.get(key)));
  return {
    recall,
    unite: (now) => {
      const before = recall();
      const facts = before && isSame(before, now) ? { ...now, variables: new Map([...before.variables, ...now.variables]) } : now;
      const { variables, commands, writables, settable } = facts;
      cache.set(key, Buffer.from(JSON.stringify({ variables: [...variables], commands, writables: [...writables], settable })));
      last = facts;
      return facts;
    },
  };
};
