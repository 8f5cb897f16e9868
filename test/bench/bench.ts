import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { table } from "table";
import { type Figure, type FigureName, figureNames, round } from "./figure.ts";
import { measureApcupsd } from "./apcupsd-figure.ts";
import { measureBmc } from "./bmc-figure.ts";
import { measureNut } from "./nut-figure.ts";
import { measureNutServer } from "./nut-server-figure.ts";
import { measureNutRefresh } from "./nut-refresh-figure.ts";
import { measurePdu } from "./pdu-figure.ts";
import { measurePwrstat } from "./pwrstat-figure.ts";
import { measurePwrstatRest } from "./pwrstat-rest-figure.ts";
import { measureScale } from "./scale-figure.ts";
import { measureStart } from "./start-figure.ts";
import { measureSwitch } from "./switch-figure.ts";
import { measureTransfer } from "./transfer-figure.ts";

interface Measurement {
  readonly names: readonly FigureName[];
  readonly measure: () => Promise<readonly Figure[]>;
}

const measurements: readonly Measurement[] = [
  { names: ["bmc.read", "bmc.refresh"], measure: measureBmc },
  { names: ["pdu.poll", "pdu.cycle200"], measure: measurePdu },
  { names: ["switch.rest", "switch.mqtt"], measure: measureSwitch },
  { names: ["nut.300"], measure: measureNut },
  { names: ["nutserver.list"], measure: measureNutServer },
  { names: ["ups.refresh.nut"], measure: measureNutRefresh },
  { names: ["ups.refresh.apcupsd"], measure: measureApcupsd },
  { names: ["ups.refresh.pwrstat"], measure: measurePwrstat },
  { names: ["transfer"], measure: measureTransfer },
  { names: ["pwrstat.rest"], measure: measurePwrstatRest },
  { names: ["start"], measure: () => measureStart() },
  { names: ["scale.discovered", "scale.rss", "scale.cpu"], measure: measureScale },
];

const lineOf = ({ name, what, unit, value, median, p99, goal, peer }: Figure): readonly string[] => [
  name,
  what,
  `${round(value)} ${unit}`,
  String(round(median)),
  String(round(p99)),
  goal,
  typeof peer === "string" ? peer : `${peer.what}: ${round(peer.value)} ${unit}`,
  typeof peer === "string" ? "" : `${round(peer.ratio)} ×`,
];

const show = (figures: readonly Figure[]): string =>
  table([["name", "what", "value", "median", "p99", "goal", "peer", "ratio"], ...figures.map(lineOf).map((line) => [...line])], {
    columns: { 1: { width: 34, wrapWord: true }, 5: { width: 30, wrapWord: true }, 6: { width: 34, wrapWord: true } },
  });

const asJson = (figures: readonly Figure[]): string =>
  JSON.stringify(
    Object.fromEntries(
      figures.map(({ name, value, unit, peer }) => [
        name,
        { value: round(value), unit, ...(typeof peer !== "string" && { peer: round(peer.value), ratio: round(peer.ratio) }) },
      ]),
    ),
    undefined,
    2,
  );

const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
const wanted = new Set<string>(values.only?.split(",") ?? figureNames);
const unknown = [...wanted].filter((name) => !(figureNames as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`no figure ${unknown.join(", ")}; there are ${figureNames.join(", ")}`);

const figures: Figure[] = [];
for (const { names, measure } of measurements) {
  if (!names.some((name) => wanted.has(name))) continue;
  console.error(`measuring ${names.join(", ")} …`);
  try {
    figures.push(...(await measure()).filter(({ name }) => wanted.has(name)));
  } catch (error) {
    // The others are worth having all the same.
    console.error(`not measured: ${names.join(", ")}:`, error);
    process.exitCode = 1;
  }
}
console.log(show(figures));
if (values.json !== undefined) await writeFile(values.json, `${asJson(figures)}\n`);
