import type { CommandName, PointName } from "#domain/capability.ts";
import type { Slot } from "#transport/snmp/fetch.ts";
import { type Varbind, textOf } from "#transport/snmp/varbind.ts";
import type { PartLayout, ValuePlan, WritePlan } from "./layout.ts";
import { type Possible, type PossibleCommand, type Way, statusOf } from "./possible.ts";
import { decoder } from "./value.ts";

/** What the device has answered, by object. */
export type Answers = ReadonlyMap<string, Varbind>;

const settleWay = (point: PointName, { profile, slots: all, digits }: Way, answers: Answers): (ValuePlan & { readonly measured: boolean }) | undefined => {
  const slots = all.filter(({ oid }) => answers.has(oid));
  if (slots.length === 0) return undefined;
  const decode = decoder(point, profile);
  // A meter that says "not measured" when the device is described is one it does not have; a state may be unknown for a while.
  const measured = profile.map !== undefined || slots.some(({ oid }) => decode(answers.get(oid) as Varbind, digits && answers.get(digits.oid)) !== undefined);
  return { slots, decode, measured, ...(digits && { digits }), ...(profile.over && { over: profile.over }) };
};

const settleValue = ({ point, ways }: Possible["values"][number], answers: Answers): readonly [PointName, ValuePlan][] => {
  const plan = ways.map((way) => settleWay(point, way, answers)).find((one) => one?.measured);
  return plan ? [[point, plan]] : [];
};

const settleCommand = ({ name, writes }: PossibleCommand, answers: Answers): readonly [CommandName, readonly WritePlan[]][] => {
  if (!writes.every(({ oid }) => answers.has(oid))) return [];
  const locked = ({ oid, profile, lock }: WritePlan): WritePlan => ({ oid, profile, ...(lock !== undefined && answers.has(lock) && { lock }) });
  return [[name, writes.map(locked)]];
};

/** Whether the row is one of those that its profile wants. */
const isWanted = ({ where, place }: Possible, answers: Answers): boolean => {
  const said = where && answers.get(where.oid);
  return !where || (said !== undefined && (place.profile.where?.in.map(String).includes(textOf(said)) ?? false));
};

/** Those that are wanted; of a kind that counts only where there are several, a single one loses its number. */
export const wantedOf = (everything: readonly Possible[], answers: Answers): readonly Possible[] => {
  const wanted = everything.filter((one) => isWanted(one, answers));
  return wanted.map((one) => {
    const { profile, id } = one.place;
    const single = (profile.alone || profile.lines) && wanted.filter(({ place }) => place.profile === profile).length === 1;
    return single ? { ...one, place: { ...one.place, id: id.split("/")[0] ?? id } } : one;
  });
};

export const settle = (all: Possible, answers: Answers): PartLayout => {
  const has = ({ oid }: Slot): boolean => answers.has(oid);
  const values = new Map<PointName, ValuePlan>(all.values.flatMap((value) => settleValue(value, answers)));
  const named = all.label && answers.get(all.label.oid);
  if (all.label && named && [...values.keys()].some((point) => point.startsWith("outlet.")))
    values.set("outlet.label", { slots: [all.label], decode: decoder("outlet.label", { get: all.label.oid }) });
  const status = statusOf(all, has);
  const listings = new Map(all.listings.filter(([, { count }]) => has(count)));
  const commands = new Map(all.commands.flatMap((command) => settleCommand(command, answers)));
  const label = named ? textOf(named) : "";
  const { id, profile } = all.place;
  return { id, values, listings, commands, ...(status && { status }), ...(label !== "" && { label }), ...(profile.limits && { limits: profile.limits }) };
};
