import { z } from "zod";
import { devicePattern, type DeviceSettings } from "#domain/device.ts";
import { check } from "./check.ts";
import { commonKeys, devicePatternText, deviceShape } from "./device-schema.ts";
import { anyDeviceJsonSchema, deviceJsonSchema, type Drivers } from "./editor-schema.ts";
import type { JsonSchema } from "./expectation.ts";
import { freeId } from "./free-id.ts";
import type { KnownIds } from "./known-id.ts";
import type { Finding, Path } from "./problem.ts";
import { closest } from "./suggestion.ts";
import type { Tree } from "./tree.ts";

/** One device entry, read as far as it can be. It is good when there are no findings. */
export interface ReadDevice {
  readonly settings: DeviceSettings;
  readonly options: unknown;
  readonly findings: readonly Finding[];
}

type Data = Readonly<Record<string, unknown>>;
const isData = (value: unknown): value is Data => typeof value === "object" && value !== null && !Array.isArray(value);

/** The common keys, each on its own: what one of them says holds although another is wrong. */
const readCommon = (
  data: Data,
  path: Path,
  tree: Tree,
  wants: JsonSchema,
): { readonly common: Partial<z.infer<z.ZodObject<typeof deviceShape>>>; readonly findings: readonly Finding[] } => {
  const parsed = commonKeys.map((key) => {
    const one = z.object({ [key]: deviceShape[key] });
    return check(one, Object.hasOwn(data, key) ? { [key]: data[key] } : {}, { tree, path, wants, whole: data });
  });
  return {
    common: Object.assign({}, ...parsed.map(({ value }) => value ?? {})) as Partial<z.infer<z.ZodObject<typeof deviceShape>>>,
    findings: parsed.flatMap((one) => one.findings),
  };
};

const findDriver = (data: Data, path: Path, drivers: Drivers): Finding | undefined => {
  const name = data["driver"];
  if (typeof name === "string" && drivers.has(name)) return undefined;
  const expected = [...drivers.keys()].join(", ");
  if (name === undefined) return { path: [...path, "driver"], at: "value", message: "is missing", expected };
  const suggestion = typeof name === "string" ? closest(name, drivers.keys()) : undefined;
  return { path: [...path, "driver"], at: "value", message: "there is no such driver", expected, ...(suggestion !== undefined && { suggestion }) };
};

const checkFeeds = (fedBy: DeviceSettings["fedBy"], id: string, path: Path, raw: unknown, ids: KnownIds): readonly Finding[] =>
  fedBy.flatMap(({ device }, at): readonly Finding[] => {
    const here = { path: [...path, "fedBy", ...(Array.isArray(raw) ? [at] : [])], at: "value" } as const;
    if (device === id) return [{ ...here, message: "a device cannot feed itself" }];
    if (ids.has(device)) return [];
    const suggestion = closest(device, ids);
    return [{ ...here, message: `there is no device "${device}"`, ...(suggestion !== undefined && { suggestion }) }];
  });

const nothing = (id: string): DeviceSettings => ({ id, driver: "unknown", fedBy: [], interval: 10, parts: {} });

/** Reads one entry of `devices`. `ids`: the keys of all entries; `taken`: the ids given out so far. */
export const readDevice = (
  key: string,
  value: unknown,
  context: { readonly tree: Tree; readonly drivers: Drivers; readonly ids: KnownIds; readonly taken: ReadonlySet<string> },
): ReadDevice => {
  const { tree, drivers, ids } = context;
  const path = ["devices", key];
  // A key without a map may be anything, even a secret that lost its own key; it makes no id.
  const id = devicePattern.test(key) ? key : freeId(isData(value) ? key : "", new Set([...context.taken, ...ids]));
  const findings: Finding[] = id === key ? [] : [{ path, at: "key", message: "is no id for a device", expected: devicePatternText, suggestion: id }];
  if (!isData(value)) {
    return {
      settings: nothing(id),
      options: undefined,
      findings: [
        ...findings,
        {
          path,
          at: "value",
          message: value === null || value === undefined ? "is empty" : "is not a device",
          expected: "keys and values, the first of which is driver",
        },
      ],
    };
  }
  const wrongDriver = findDriver(value, path, drivers);
  const name = typeof value["driver"] === "string" ? value["driver"] : "unknown";
  const driver = drivers.get(name);
  const wants = driver ? deviceJsonSchema(name, driver.options) : anyDeviceJsonSchema(drivers);
  const { common, findings: wrongCommon } = readCommon(value, path, tree, wants);
  const own = Object.fromEntries(Object.entries(value).filter(([option]) => option !== "driver" && !(commonKeys as readonly string[]).includes(option)));
  const strict = driver?.options instanceof z.ZodObject ? driver.options.strict() : driver?.options;
  const parsed = strict ? check(strict, own, { tree, path, wants, whole: value }) : { value: undefined, findings: [] };
  const settings: DeviceSettings = { ...nothing(id), ...common, driver: name };
  const feeds = checkFeeds(settings.fedBy, id, path, value["fedBy"], ids);
  return { settings, options: parsed.value, findings: [...findings, ...(wrongDriver ? [wrongDriver] : []), ...wrongCommon, ...parsed.findings, ...feeds] };
};
