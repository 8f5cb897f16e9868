import type { Description } from "#domain/device.ts";
import type { Answer } from "#domain/identified.ts";
import { createLog } from "#platform/log.ts";
import { identifyHost } from "#program/identification.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import { assemble, readGiven } from "./given-option.ts";
import type { CliNeeds } from "./need.ts";
import { showReading } from "./show-reading.ts";
import { showJson, showTable } from "./show-table.ts";

export interface IdentifyOptions {
  readonly driver?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const headline = ({ manufacturer, model, serial, firmware }: Description): string =>
  [[manufacturer, model].filter(Boolean).join(" ") || "a device that does not say what it is", serial && `serial ${serial}`, firmware && `firmware ${firmware}`]
    .filter(Boolean)
    .join(", ");

const answerText = ({ driver, description, readings, yaml }: Answer): string => {
  const rows = description.parts.map(({ id, label, commands }) => {
    const values = readings.filter(({ part }) => part === id).flatMap(({ point, value }) => showReading(point, value) ?? []);
    return [id, label ?? "", values.join(", "), commands.join(" ")];
  });
  return `${driver}: ${headline(description)}\n\n${showTable(["PART", "LABEL", "READINGS", "COMMANDS"], rows)}\nTo paste below devices: in rack-power.yaml\n${yaml}\n`;
};

/** Asks a host what it is, by every driver or by one, and writes nothing to it. */
export const identify = async (host: string, options: IdentifyOptions, needs: CliNeeds): Promise<ExitCode> => {
  const all = needs.drivers();
  const drivers = options.driver === undefined ? [...all] : [...all].filter(([name]) => name === options.driver);
  if (drivers.length === 0) throw new Stop(exitCodes.usage, `--driver: expected ${[...all.keys()].join(", ")}`);
  const given = await readGiven(options.set ?? [], needs.environment);
  for (const [name, driver] of drivers) assemble(name, driver, host, given);
  const results = await identifyHost({ host, drivers, given, taken: new Set(), log: createLog("error") });
  if (options.json) needs.print(showJson(results));
  for (const result of results) {
    if ("why" in result) needs.complain(`${result.driver}: ${result.why}${result.why.startsWith("not tried") ? " (--set key=value)" : ""}\n`);
    else if (!options.json) needs.print(answerText(result));
  }
  return results.some((result) => "description" in result) ? exitCodes.ok : exitCodes.failed;
};
