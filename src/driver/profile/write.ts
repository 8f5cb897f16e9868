import { Fault } from "#domain/fault.ts";
import type { SnmpSession, Write } from "#transport/snmp/snmp-session.ts";
import { numberOf, valueTypes } from "#transport/snmp/varbind.ts";
import type { WritePlan } from "./layout.ts";

/** What one write sets when this value came with the command, or none. */
const written = ({ value: taken, to }: WritePlan["profile"], value: number | string | undefined): number | string => {
  if (to !== undefined && (!taken || value === undefined)) return to;
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Fault("rejected", `a number was expected, not ${JSON.stringify(value)}`);
  const { minimum = 0, maximum = Infinity, scale = 1, add = 0 } = taken ?? {};
  if (value < minimum || value > maximum) throw new Fault("rejected", `${value} is not between ${minimum} and ${maximum}`);
  return Math.round((value + add) * scale);
};

/** The lock's present value has to go along (RFC 2579, TestAndIncr): whoever was quicker has changed it, and then nothing is written. */
const locks = async (plans: readonly WritePlan[], session: SnmpSession, signal: AbortSignal): Promise<readonly Write[]> => {
  const oids = [...new Set(plans.flatMap(({ lock }) => (lock === undefined ? [] : [lock])))];
  if (oids.length === 0) return [];
  return (await session.get(oids, signal)).flatMap((varbind): Write[] => {
    const value = varbind && numberOf(varbind);
    return varbind && value !== undefined ? [{ oid: varbind.oid, type: valueTypes.integer, value }] : [];
  });
};

/** Makes the writes of one command in one request. Throws `Fault` rejected or unsupported before anything is sent when the value does not fit. */
export const writePlanned = async (
  plans: readonly WritePlan[],
  value: number | string | undefined,
  session: SnmpSession,
  signal: AbortSignal,
): Promise<void> => {
  if (value !== undefined && plans.every(({ profile }) => profile.value === undefined)) throw new Fault("unsupported", "this device takes no value with it");
  const writes = plans.map(({ oid, profile }): Write => ({ oid, type: valueTypes[profile.type], value: written(profile, value) }));
  await session.set([...(await locks(plans, session, signal)), ...writes], signal);
};
