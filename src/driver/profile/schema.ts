import { z } from "zod";
import { isCommandName, isPointName, pointSpec } from "#domain/capability.ts";
import { oidPattern } from "#transport/snmp/oid.ts";

const oid = z.string().regex(oidPattern, "an object identifier such as 1.3.6.1.2.1.1.2.0 was expected");
/** In a part with rows, `*` stands for the row's index; without one the index follows at the end. */
const cell = z.string().regex(/^\d+(\.(\d+|\*))+$/, "an object identifier was expected, in which * may stand for the row's index");
const scalar = z.union([z.number(), z.string()]);

const point = z.strictObject({
  /** One object, or several of which the first that the device has is used. */
  get: z.union([cell, z.array(cell).min(1)]),
  /** Factor that brings the number to the unit of its quantity. */
  scale: z.number().optional(),
  /** Object that says with how many decimals the device counts, per sensor. */
  digits: cell.optional(),
  /** Raw values that stand for "not measured". */
  absent: z.array(scalar).optional(),
  /** Raw numbers below, or above, are not measured either. */
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Raw value → value. What is not named here is absent. */
  map: z.record(z.string(), z.union([z.boolean(), z.string()])).optional(),
  /** `get` is a column of another table: the largest of its cells, or their sum. */
  over: z.enum(["largest", "sum"]).optional(),
});

const words = z.record(z.string(), z.array(z.string()));
/** Status words of a UPS, gathered from several objects. */
const status = z.strictObject({
  words: z.array(
    z.union([
      z.strictObject({ get: cell, map: words }),
      /** A table that grows and shrinks, such as that of alarms: read only when `count` is not 0. */
      z.strictObject({ list: oid, count: oid, map: words }),
    ]),
  ),
});

const write = z.strictObject({
  set: cell,
  to: scalar,
  type: z.enum(["integer", "gauge", "text", "oid"]).default("integer"),
});

const part = z.strictObject({
  /** A column whose indices are the rows, or a list of ids with their indices. Without it the part is there once. */
  rows: z.union([oid, z.record(z.string(), z.string().regex(/^\d+(\.\d+)*$/))]).optional(),
  /** How many numbers make an index. */
  index: z.number().int().min(1).max(3).default(1),
  /** Which of them make the part's id, counted from 1; all of them without it. */
  id: z.array(z.number().int().min(1).max(3)).min(1).optional(),
  /** The name that the device keeps. */
  label: cell.optional(),
  points: z.record(z.string(), z.union([point, status])).default({}),
  /** One write, or several that go out in one request. */
  commands: z.record(z.string(), z.union([write, z.array(write).min(1)])).default({}),
});

const boolean = (value: unknown): boolean => typeof value === "boolean";

const checkPoint = (name: string, given: z.output<typeof point> | z.output<typeof status>, complain: (path: string[], message: string) => void): void => {
  if (!isPointName(name)) return complain([], "the catalogue has no such point");
  if (name === "outlet.label") return complain([], "the label is named at the part, as label");
  const spec = pointSpec(name);
  if ("words" in given !== (spec.type === "words")) return complain([], spec.type === "words" ? "words were expected" : "words are only for ups.status");
  if ("words" in given) return;
  const values = Object.values(given.map ?? {});
  if (spec.type === "flag" && (!given.map || !values.every(boolean))) complain(["map"], "a map to true and false was expected");
  if (spec.type === "number" && given.map) complain(["map"], "a number takes no map");
  if (spec.type === "text" && values.some(boolean)) complain(["map"], "texts were expected");
  if (spec.type === "choice" && (!given.map || !values.every((value) => (spec.options as readonly unknown[]).includes(value))))
    complain(["map"], `a map to ${spec.options.join(", ")} was expected`);
  if (spec.type !== "number" && (given.scale !== undefined || given.digits !== undefined || given.over !== undefined))
    complain([], "only a number has a scale");
};

/** One kind of device, as data. The language has no expressions. */
export const profileSchema = z
  .strictObject({
    protocol: z.literal("snmp"),
    match: z.strictObject({
      /** The device's sysObjectID begins with this. The longest prefix is tried first. */
      sysObjectID: oid.optional(),
      /** The device has this object: the proof. */
      answers: oid,
      /** Among equals, the higher is tried first: the newest tree of a vendor that serves several. */
      rank: z.number().int().default(0),
    }),
    products: z.array(z.strictObject({ brand: z.string(), model: z.string() })),
    device: z.strictObject({
      /** A text, or the object that holds it. */
      manufacturer: z.string().optional(),
      model: oid.optional(),
      serial: oid.optional(),
      firmware: oid.optional(),
    }),
    parts: z.record(z.string().regex(/^[a-z][a-z-]*$/, "small letters were expected"), part),
  })
  .check((context) => {
    for (const [kind, { points, commands }] of Object.entries(context.value.parts)) {
      const complain = (path: string[], message: string): void =>
        void context.issues.push({ code: "custom", path: ["parts", kind, ...path], message, input: context.value });
      for (const [name, given] of Object.entries(points))
        checkPoint(name, given, (path, message) => complain(["points", name, ...path], `${name}: ${message}`));
      for (const name of Object.keys(commands)) if (!isCommandName(name)) complain(["commands", name], `${name}: the catalogue has no such command`);
    }
  });

export type Profile = z.output<typeof profileSchema> & { readonly name: string };
export type PartProfile = z.output<typeof part>;
export type PointProfile = z.output<typeof point>;
export type StatusProfile = z.output<typeof status>;
export type WriteProfile = z.output<typeof write>;
