import { deadline } from "#platform/abort.ts";
import { writeTextSafely } from "#platform/file.ts";
import { isFault } from "#domain/fault.ts";
import { secretsIn } from "#config/secret-text.ts";
import { bundledProfiles } from "#driver/profile/bundled-profiles.ts";
import { credentialsOf, type SnmpOptions } from "#driver/profile/options.ts";
import { createSnmpTransport } from "#transport/snmp/snmp-transport.ts";
import type { Varbind } from "#transport/snmp/varbind.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import { assemble, readGiven } from "./given-option.ts";
import { recordLines } from "./record-line.ts";
import type { CliNeeds } from "./need.ts";

export interface RecordOptions {
  readonly set?: readonly string[];
  readonly output?: string;
}

/** The standard MIBs and the vendors' own. */
const roots = ["1.3.6.1.2.1", "1.3.6.1.4.1"] as const;
/** Milliseconds; a large PDU answers some ten thousand objects. */
const patience = 600_000;

const walkAll = async (options: SnmpOptions, needs: CliNeeds): Promise<readonly Varbind[]> => {
  const signal = deadline(patience);
  using session = await createSnmpTransport(needs.clock).open(options, credentialsOf(options), options.timeout * 1000, signal);
  const found: Varbind[] = [];
  for (const root of roots) found.push(...(await session.walk(root, signal)));
  return found;
};

/** Writes down everything an SNMP device answers, without what tells whose it is, to make or mend a profile with. */
export const record = async (host: string, options: RecordOptions, needs: CliNeeds): Promise<ExitCode> => {
  const driver = needs.drivers().get("snmp");
  if (!driver) throw new TypeError("the snmp driver is not there");
  const assembled = assemble("snmp", driver, host, await readGiven(options.set ?? [], needs.environment));
  if ("lacking" in assembled) throw new Stop(exitCodes.usage, `--set: ${assembled.lacking}`);
  const snmp = assembled.options as SnmpOptions;
  try {
    const serials = bundledProfiles.flatMap(({ device }) => device?.serial ?? []);
    const lines = recordLines(await walkAll(snmp, needs), [...secretsIn(snmp), ...(snmp.user === undefined ? [] : [snmp.user])], serials);
    const text = lines.map((line) => `${line}\n`).join("");
    if (options.output === undefined) needs.print(text);
    else await writeTextSafely(options.output, text);
    needs.complain(`${lines.length} objects; serial numbers, addresses, contact, name and place are left out. Look through it before you give it away.\n`);
    return lines.length === 0 ? exitCodes.failed : exitCodes.ok;
  } catch (error) {
    if (isFault(error)) throw new Stop(exitCodes.failed, `${error.kind}: ${error.message}`);
    throw error;
  }
};
