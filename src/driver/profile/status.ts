import { upsStatusPointsOf } from "#domain/ups-status.ts";
import type { Slot } from "#transport/snmp/fetch.ts";
import { type Varbind, isThere, textOf } from "#transport/snmp/varbind.ts";
import { type StatusPlan, type WordListPlan, type WordPlan } from "./layout.ts";
import type { StatusProfile } from "./schema.ts";

type Source = StatusProfile["words"][number];

const rawOf = (varbind: Varbind | undefined): string | undefined => (varbind && isThere(varbind) ? textOf(varbind) : undefined);

const everyWord = (source: Source): readonly string[] => [...Object.values(source.map).flat(), ...("otherwise" in source ? (source.otherwise ?? []) : [])];

/** Where a device says nothing, nothing is known: not even that "all else" is meant. */
const isSaid = (raw: string | undefined): raw is string => raw !== undefined && raw !== "";

type Scalar = Exclude<Source, { list: string }>;

const wordsFrom = (source: Scalar): WordPlan["words"] => {
  if ("get" in source) {
    const absent = new Set(source.absent?.map(String));
    const map = new Map(Object.entries(source.map));
    return ([one]) => {
      const raw = rawOf(one);
      return isSaid(raw) && !absent.has(raw) ? (map.get(raw) ?? source.otherwise ?? []) : undefined;
    };
  }
  if ("all" in source) {
    const map = new Map(Object.entries(source.map));
    return (varbinds) => {
      const raws = varbinds.map(rawOf);
      return raws.every(isSaid) ? (map.get(raws.join(" ")) ?? []) : undefined;
    };
  }
  const places = Object.entries(source.map);
  // PowerNet-MIB counts the places from the left, beginning with 1, and a card that has lost its UPS says UNKNOWN.
  return ([one]) => {
    const raw = rawOf(one) ?? "";
    return /^[01]+$/.test(raw) ? places.flatMap(([place, words]) => (raw[Number(place) - 1] === "1" ? words : [])) : undefined;
  };
};

const scalarPlan = (source: Scalar, slotAt: (cell: string, wide: boolean) => Slot): WordPlan => {
  const cells = "get" in source ? [source.get] : "all" in source ? source.all : [source.flags];
  return { slots: cells.map((cell) => slotAt(cell, "flags" in source)), words: wordsFrom(source), every: everyWord(source) };
};

const listPlan = (source: Extract<Source, { list: string }>): WordListPlan => {
  const map = new Map(Object.entries(source.map));
  return { table: source, count: { oid: source.count }, words: (one) => map.get(rawOf(one) ?? "") ?? source.otherwise ?? [], every: everyWord(source) };
};

/** What a profile's words ask of a device. `has` says which objects it has: a source of which one is missing is left out. */
export const planStatus = (
  { words: sources }: StatusProfile,
  slotAt: (cell: string, wide: boolean) => Slot,
  has: (slot: Slot) => boolean,
): StatusPlan | undefined => {
  const scalars: WordPlan[] = [];
  const lists: WordListPlan[] = [];
  const known = new Set<string>();
  for (const source of sources) {
    if ("list" in source) {
      const plan = listPlan(source);
      if (!has(plan.count)) continue;
      lists.push(plan);
    } else {
      const plan = scalarPlan(source, slotAt);
      if (!plan.slots.every(has)) continue;
      scalars.push(plan);
    }
    for (const word of everyWord(source)) known.add(word);
  }
  return scalars.length === 0 ? undefined : { scalars, lists, points: upsStatusPointsOf(known) };
};
