import { Fault } from "#domain/fault.ts";
import type { SnmpSession } from "#transport/snmp/snmp-session.ts";
import { textOf } from "#transport/snmp/varbind.ts";
import type { Profile } from "./schema.ts";

const sysObjectID = "1.3.6.1.2.1.1.2.0";

const startsWith = (whole: string, prefix: string): boolean => whole === prefix || whole.startsWith(`${prefix}.`);

/** How many numbers of the device's sysObjectID the profile names; 0 for one that any device may have, undefined where it does not fit. */
const fit = ({ match }: Profile, objectId: string | undefined): number | undefined => {
  if (match.sysObjectID === undefined) return 0;
  const fitting = match.sysObjectID.filter((prefix) => objectId !== undefined && startsWith(objectId, prefix));
  return fitting.length === 0 ? undefined : Math.max(...fitting.map((prefix) => prefix.split(".").length));
};

/** The profiles that may fit, in the order in which they are to be tried: longest prefix first, then the higher rank, then the name. */
export const candidates = (profiles: readonly Profile[], objectId: string | undefined): readonly Profile[] =>
  profiles
    .flatMap((profile) => {
      const length = fit(profile, objectId);
      return length === undefined ? [] : [{ profile, length }];
    })
    .sort((a, b) => b.length - a.length || b.profile.match.rank - a.profile.match.rank || (a.profile.name < b.profile.name ? -1 : 1))
    .map(({ profile }) => profile);

/** Which profile the device in front of us answers to. Throws `Fault` unsupported when it is none. */
export const identify = async (session: SnmpSession, profiles: readonly Profile[], signal: AbortSignal): Promise<Profile> => {
  const [id] = await session.get([sysObjectID], signal);
  const objectId = id && textOf(id);
  const likely = candidates(profiles, objectId);
  const answers = await session.get(
    likely.map(({ match }) => match.answers),
    signal,
  );
  const found = likely.find((_, at) => answers[at] !== undefined);
  if (found) return found;
  throw new Fault("unsupported", `no profile fits this device (sysObjectID ${objectId ?? "not answered"}); one can be named in its entry`);
};
