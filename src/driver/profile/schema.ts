import { z } from "zod";
import { type PointSpec, commandSpec, isCommandName, isPointName, pointSpec } from "#domain/capability.ts";
import { statusFlags } from "#domain/ups-status.ts";
import { oidPattern } from "#transport/snmp/oid.ts";

const oid = z.string().regex(oidPattern, "an object identifier such as 1.3.6.1.2.1.1.2.0 was expected");
/** In a part with rows, `*` stands for the row's index; without one the index follows at the end. */
const cell = z.string().regex(/^\d+(\.(\d+|\*))+$/, "an object identifier was expected, in which * may stand for the row's index");
const scalar = z.union([z.number(), z.string()]);

const mapped = z.union([z.boolean(), z.string(), z.number()]);
const source = z.strictObject({
  /** One object, or several of which the first that the device measures is used. */
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
  /** Raw value → value, or number where a device counts in steps. What is not named here is absent. */
  map: z.record(z.string(), mapped).optional(),
  /** Beside a map: what every other raw value means. */
  otherwise: mapped.optional(),
  /** `get` is a column of another table, or a list of single objects: the largest of them, or their sum. */
  over: z.enum(["largest", "sum"]).optional(),
});
/** Several forms in which devices of a kind give the same, each with its own scale: the first that is measured is used. */
const point = z.union([source, z.array(source).min(1)]);

/** A table that grows and shrinks, such as that of alarms: read only when `count` is not 0. */
const list = {
  list: oid,
  count: oid,
  /** Only rows in which this column has one of these raw values, or is missing: alarms that are over may stay in a table until someone has seen them. */
  where: z.strictObject({ get: oid, in: z.array(scalar).min(1) }).optional(),
};
/** What such a table holds: all its texts in one, empty when there are none; or a flag, true when one row is. Without a map the rows are the texts. */
const listing = z.strictObject({ ...list, map: z.record(z.string(), mapped).optional(), otherwise: mapped.optional() });

const isStatusWord = (text: string): boolean => text === "OL" || text === "NOCOMM" || text in statusFlags;
const word = z.string().refine(isStatusWord, "a status word was expected, such as OL, OB, LB, RB, CHRG, OVER, BYPASS or ALARM");
const words = z.record(z.string(), z.array(word));
/** Status words of a UPS, gathered from several objects. */
const status = z.strictObject({
  words: z.array(
    z.union([
      /** `absent`: raw values with which the device says that it does not know; no flag of these words is told then. */
      z.strictObject({ get: cell, absent: z.array(scalar).optional(), map: words, otherwise: z.array(word).optional() }),
      /** Objects that mean something together: their values with a blank between are what the map names. */
      z.strictObject({ all: z.array(cell).min(2), map: words }),
      /** A text of zeros and ones: the places of the ones, counted from 1, are what the map names. */
      z.strictObject({ flags: cell, map: words }),
      z.strictObject({ ...list, map: words, otherwise: z.array(word).optional() }),
    ]),
  ),
});

const write = z.strictObject({
  set: cell,
  /** What is written; beside `value`, what is written when none came with the command. */
  to: scalar.optional(),
  type: z.enum(["integer", "gauge", "ticks", "text", "oid"]).default("integer"),
  /** The value that comes with the command, such as a delay in seconds, is written instead: times `scale`, and `add` more. */
  value: z
    .strictObject({ scale: z.number().default(1), add: z.number().default(0), minimum: z.number().default(0), maximum: z.number().optional() })
    .optional(),
  /** A TestAndIncr (RFC 2579) that has to go along in the same request, where the device has it. */
  lock: cell.optional(),
});

const part = z.strictObject({
  /** A column whose indices are the rows, or a list of ids with their indices. Without it the part is there once. */
  rows: z.union([oid, z.record(z.string(), z.string().regex(/^\d+(\.\d+)*$/))]).optional(),
  /** How many numbers make an index. */
  index: z.number().int().min(1).max(3).default(1),
  /** Which of them make the part's id, counted from 1; all of them without it. */
  id: z.array(z.number().int().min(1).max(3)).min(1).optional(),
  /** Only rows in which this object has one of these raw values: others are not there, or cannot be switched. */
  where: z.strictObject({ get: cell, in: z.array(scalar).min(1) }).optional(),
  /** A single row has no number. */
  alone: z.boolean().default(false),
  /** The rows are the lines of one circuit, as NUT counts them: a single one has no number, of several they are L1, L2, L3. */
  lines: z.boolean().default(false),
  /** The name that the device keeps. */
  label: cell.optional(),
  /** Of a variable: its unit, and what it takes. */
  limits: z
    .strictObject({ unit: z.string().exactOptional(), least: z.number().exactOptional(), most: z.number().exactOptional(), step: z.number().exactOptional() })
    .optional(),
  points: z.record(z.string(), z.union([point, status, listing])).default({}),
  /** Beside rows: points of all rows together, which belong to the part without a number. */
  whole: z.record(z.string(), point).default({}),
  /** One write, or several that go out in one request. */
  commands: z.record(z.string(), z.union([write, z.array(write).min(1)])).default({}),
});

const boolean = (value: unknown): boolean => typeof value === "boolean";

type Complain = (path: readonly (string | number)[], message: string) => void;

const checkSource = (spec: PointSpec, given: PointProfile, complain: Complain): void => {
  const values = [...Object.values(given.map ?? {}), ...(given.otherwise === undefined ? [] : [given.otherwise])];
  if (given.otherwise !== undefined && !given.map) complain(["otherwise"], "it stands beside a map");
  if (spec.type === "flag" && (!given.map || !values.every(boolean))) complain(["map"], "a map to true and false was expected");
  if (spec.type === "number" && !values.every((value) => typeof value === "number")) complain(["map"], "numbers were expected");
  if (spec.type === "text" && !values.every((value) => typeof value === "string")) complain(["map"], "texts were expected");
  if (spec.type === "choice" && (!given.map || !values.every((value) => (spec.options as readonly unknown[]).includes(value))))
    complain(["map"], `a map to ${spec.options.join(", ")} was expected`);
  if (spec.type !== "number" && (given.scale !== undefined || given.digits !== undefined || given.over !== undefined))
    complain([], "only a number has a scale");
};

const checkListing = (spec: PointSpec, given: ListingProfile, complain: Complain): void => {
  if (spec.type !== "text" && spec.type !== "flag") return complain([], "a table is only for a text or a flag");
  const values = [...Object.values(given.map ?? {}), ...(given.otherwise === undefined ? [] : [given.otherwise])];
  if (!values.every((value) => boolean(value) === (spec.type === "flag")))
    complain(["map"], spec.type === "flag" ? "a map to true and false was expected" : "texts were expected");
  if (spec.type === "flag" && !given.map) complain(["map"], "a map to true and false was expected");
};

const checkPoint = (name: string, given: AnyPoint, complain: Complain): void => {
  if (!isPointName(name)) return complain([], "the catalogue has no such point");
  if (name === "outlet.label") return complain([], "the label is named at the part, as label");
  const spec = pointSpec(name);
  if ("words" in given !== (spec.type === "words")) return complain([], spec.type === "words" ? "words were expected" : "words are only for ups.status");
  if ("words" in given) return;
  if ("list" in given) return checkListing(spec, given, complain);
  if (!Array.isArray(given)) return checkSource(spec, given, complain);
  for (const [at, one] of given.entries()) checkSource(spec, one, (path, message) => complain([at, ...path], message));
};

const checkCommand = (name: string, writes: readonly WriteProfile[], complain: Complain): void => {
  if (!isCommandName(name)) return complain([], "the catalogue has no such command");
  for (const { to, value, type } of writes) {
    if (to === undefined && !value) complain([], "to says what is written");
    if (to === undefined && commandSpec(name).value?.needed !== true) complain([], "the command may come without a value, so to is needed");
    if (value && commandSpec(name).value === undefined) complain([], "no value comes with this command");
    if (value && (type === "text" || type === "oid")) complain([], "only a number takes a value");
  }
};

/** One kind of device, as data. The language has no expressions. */
export const profileSchema = z
  .strictObject({
    protocol: z.literal("snmp"),
    match: z.strictObject({
      /** The device's sysObjectID begins with this, or with one of these. The longest prefix is tried first. */
      sysObjectID: z
        .union([oid, z.array(oid).min(1)])
        .transform((given) => [given].flat())
        .optional(),
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
    parts: z.record(z.string().regex(/^([a-z][a-z-]*(\/L\d)?|variable\/[a-z][a-z0-9.-]*)$/, "small letters were expected"), part),
  })
  .check((context) => {
    for (const [kind, { rows, alone, lines, points, whole, commands }] of Object.entries(context.value.parts)) {
      const complain: Complain = (path, message) => void context.issues.push({ code: "custom", path: ["parts", kind, ...path], message, input: context.value });
      for (const [name, given] of Object.entries(points))
        checkPoint(name, given, (path, message) => complain(["points", name, ...path], `${name}: ${message}`));
      for (const [name, given] of Object.entries(whole)) checkPoint(name, given, (path, message) => complain(["whole", name, ...path], `${name}: ${message}`));
      if (rows === undefined && (alone || lines || Object.keys(whole).length > 0)) complain([], "only rows are lines, or parts of a whole");
      for (const [name, writes] of Object.entries(commands))
        checkCommand(name, [writes].flat(), (path, message) => complain(["commands", name, ...path], `${name}: ${message}`));
    }
  });

export type Profile = z.output<typeof profileSchema> & { readonly name: string };
export type PartProfile = z.output<typeof part>;
export type PointProfile = z.output<typeof source>;
export type ListingProfile = z.output<typeof listing>;
/** A table that grows and shrinks. */
export type TableProfile = Pick<ListingProfile, "list" | "count" | "where">;
export type StatusProfile = z.output<typeof status>;
type AnyPoint = PartProfile["points"][string];
export type WriteProfile = z.output<typeof write>;
