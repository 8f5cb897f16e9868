import type { Description, PartDescription, PartId } from "#domain/device.ts";
import { prepareFetch } from "#transport/snmp/fetch.ts";
import { oidPattern } from "#transport/snmp/oid.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { textOf } from "#transport/snmp/varbind.ts";
import type { Layout, PartLayout } from "./layout.ts";
import { findPlaces, rememberRows } from "./place.ts";
import { type Possible, possible, slotsOf } from "./possible.ts";
import type { PartProfile, Profile } from "./schema.ts";
import { type Answers, settle, wantedOf } from "./settle.ts";

/** What all rows have together belongs to the part without a number, as does a single line; of what both give, the whole's is taken. */
const merged = (parts: readonly PartLayout[]): ReadonlyMap<PartId, PartLayout> => {
  const byId = new Map<PartId, PartLayout>();
  for (const part of parts) {
    const whole = byId.get(part.id);
    byId.set(part.id, whole ? { ...whole, ...part, values: new Map([...part.values, ...whole.values]) } : part);
  }
  return byId;
};

/** Finds out of which parts the device is made and which points and commands each of them really has. */
export const findLayout = async (profile: Profile, session: SnmpSession, signal: AbortSignal): Promise<Layout> => {
  const rows = new Map<string, readonly string[]>();
  const everything: Possible[] = [];
  const byPart = new Map<PartProfile, readonly string[]>();
  const rowsUnder = rememberRows(session, rows, signal);
  for (const place of await findPlaces(profile, rowsUnder)) {
    everything.push(await possible(place, rowsUnder));
    if (place.index !== undefined) byPart.set(place.profile, [...(byPart.get(place.profile) ?? []), place.index]);
  }
  const rowsOfColumn = new Map(
    everything.flatMap((one) => slotsOf(one).flatMap(({ column }) => (column === undefined ? [] : [[column, byPart.get(one.place.profile) ?? []] as const]))),
  );
  const rowsOf = (column: string): readonly string[] => rows.get(column) ?? rowsOfColumn.get(column) ?? [];
  const slots = [...new Map(everything.flatMap(slotsOf).map((slot) => [slot.oid, slot])).values()];
  const found = await session.fetch(prepareFetch(slots, rowsOf), signal);
  const answers: Answers = new Map(found.flatMap((varbind) => (varbind ? [[varbind.oid, varbind] as const] : [])));
  const parts = wantedOf(everything, answers)
    .map((one) => settle(one, answers))
    .filter(({ values, status, listings, commands }) => values.size + listings.size + commands.size > 0 || status !== undefined);
  return { parts: merged(parts), rowsOf };
};

const describePart = ({ id, label, limits, values, status, listings, commands }: PartLayout): PartDescription => ({
  id,
  ...(label !== undefined && { label }),
  ...(limits && { limits }),
  points: [...values.keys(), ...(status?.points ?? []), ...listings.keys()],
  commands: [...commands.keys()],
});

/** What the device says it is. */
export const describeDevice = async (profile: Profile, layout: Layout, session: SnmpSession, signal: AbortSignal): Promise<Description> => {
  const fields = Object.entries(profile.device).flatMap(([field, text]) => (text === undefined ? [] : [[field, text] as const]));
  const asked = fields.filter(([, text]) => oidPattern.test(text));
  const answers = await session.get(
    asked.map(([, oid]) => oid),
    signal,
  );
  const told = asked.flatMap(([field], at) => {
    const varbind = answers[at];
    const text = varbind ? textOf(varbind) : "";
    return text === "" ? [] : [[field, text]];
  });
  const fixed = fields.filter(([, text]) => !oidPattern.test(text));
  return { ...Object.fromEntries([...fixed, ...told]), parts: [...layout.parts.values()].map(describePart) };
};
