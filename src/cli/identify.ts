import { stringify } from "yaml";
import { secretsIn } from "#config/secret-text.ts";
import type { Description, Reading } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { Context, Driver } from "#driver/contract.ts";
import { deadline } from "#platform/abort.ts";
import { createLog } from "#platform/log.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import { assemble, readGiven, type Given } from "./given-option.ts";
import type { CliNeeds } from "./need.ts";
import { showReading } from "./show-reading.ts";
import { showJson, showTable } from "./show-table.ts";

export interface IdentifyOptions {
  readonly driver?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** Milliseconds that one kind of device may take to be opened, described and read. */
const patience = 20_000;

interface Answer {
  readonly driver: string;
  readonly description: Description;
  readonly readings: readonly Reading[];
  readonly paste: string;
}
interface Silence {
  readonly driver: string;
  readonly why: string;
}

const contextOf = (device: string): Context => {
  const kept = new Map<string, Uint8Array>();
  return { device, log: createLog("error"), cache: { get: (key) => kept.get(key), set: (key, value) => void kept.set(key, value) } };
};

const idOf = ({ model }: Description, host: string): string => {
  const plain = (model ?? host)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64);
  return plain === "" ? "device" : plain;
};

/** The entry as it would stand in the file, with a name for each secret. */
const pasteOf = (driver: string, id: string, raw: Readonly<Record<string, unknown>>, secrets: readonly string[]): string => {
  const line = (key: string, value: unknown, indent: string): string => {
    if (typeof value === "object" && value !== null)
      return `${indent}${key}:\n${Object.entries(value)
        .map(([inner, text]) => line(inner, text, `${indent}  `))
        .join("")}`;
    return `${indent}${key}: ${secrets.includes(String(value)) ? `!secret ${id}-${key}` : stringify(value).trim()}\n`;
  };
  return `  ${id}:\n    driver: ${driver}\n${Object.entries(raw)
    .map(([key, value]) => line(key, value, "    "))
    .join("")}`;
};

const tryDriver = async (name: string, driver: Driver<never>, host: string, given: readonly Given[]): Promise<Answer | Silence> => {
  const assembled = assemble(name, driver, host, given);
  if ("lacking" in assembled) return { driver: name, why: `not tried; it needs ${assembled.lacking} (--set key=value)` };
  const { options, raw } = assembled;
  const signal = deadline(patience);
  try {
    await using session = await driver.open(options as never, contextOf("identify"), signal);
    const description = await session.describe(signal);
    const wanted = description.parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
    const readings = await session.read(wanted, signal);
    return { driver: name, description, readings, paste: pasteOf(name, idOf(description, host), raw, secretsIn(options)) };
  } catch (error) {
    if (isFault(error)) return { driver: name, why: `${error.kind}: ${error.message}` };
    if (signal.aborted) return { driver: name, why: "timeout: no answer in time" };
    throw error;
  }
};

const headline = ({ manufacturer, model, serial, firmware }: Description): string =>
  [[manufacturer, model].filter(Boolean).join(" ") || "a device that does not say what it is", serial && `serial ${serial}`, firmware && `firmware ${firmware}`]
    .filter(Boolean)
    .join(", ");

const answerText = ({ driver, description, readings, paste }: Answer): string => {
  const rows = description.parts.map(({ id, label, commands }) => {
    const values = readings.filter(({ part }) => part === id).flatMap(({ point, value }) => showReading(point, value) ?? []);
    return [id, label ?? "", values.join(", "), commands.join(" ")];
  });
  return `${driver}: ${headline(description)}\n\n${showTable(["PART", "LABEL", "READINGS", "COMMANDS"], rows)}\nTo paste below devices: in rack-power.yaml\n${paste}\n`;
};

/** Asks a host what it is, by every driver or by one, and writes nothing to it. */
export const identify = async (host: string, options: IdentifyOptions, needs: CliNeeds): Promise<ExitCode> => {
  const drivers = needs.drivers();
  const chosen = options.driver === undefined ? [...drivers] : [...drivers].filter(([name]) => name === options.driver);
  if (chosen.length === 0) throw new Stop(exitCodes.usage, `--driver: expected ${[...drivers.keys()].join(", ")}`);
  const given = await readGiven(options.set ?? [], needs.environment);
  const results = await Promise.all(chosen.map(([name, driver]) => tryDriver(name, driver, host, given)));
  if (options.json) needs.print(showJson(results));
  for (const result of results) {
    if ("why" in result) needs.complain(`${result.driver}: ${result.why}\n`);
    else if (!options.json) needs.print(answerText(result));
  }
  return results.some((result) => "description" in result) ? exitCodes.ok : exitCodes.failed;
};
