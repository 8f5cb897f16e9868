import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Loaded } from "#config/configuration.ts";
import type { Drivers } from "#config/editor-schema.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem, type Problem } from "#config/problem.ts";
import { host, port, secret } from "#driver/option.ts";

/** Schemas of the shapes that real drivers use: one map, and one that a key decides between. */
export const drivers: Drivers = new Map<string, { options: z.ZodType; oneOf?: string }>([
  [
    "nut",
    {
      oneOf: "ups",
      options: z.strictObject({
        host,
        port: port(3493),
        ups: z.string().default("ups"),
        username: z.string().exactOptional(),
        password: secret("Password").exactOptional(),
      }),
    },
  ],
  [
    "snmp",
    {
      options: z.discriminatedUnion("version", [
        z.strictObject({ version: z.enum(["1", "2c"]), host, port: port(161), community: secret("Community") }),
        z.strictObject({ version: z.literal(3), host, port: port(161), user: z.string() }),
      ]),
    },
  ],
  [
    "ipmi",
    {
      options: z.strictObject({
        host,
        port: port(623),
        username: z.string(),
        password: secret("Password"),
        interface: z.enum(["native", "ipmitool"]).default("native"),
        verify: z.boolean().default(true),
      }),
    },
  ],
]);

/** The issue's own example. */
export const example = `mqtt: { url: mqtt://127.0.0.1:1883, username: rack, password: !secret mqtt }
rest: { listen: 127.0.0.1:8099, keys: [ { name: me, key: !secret rest, scopes: [read, control] } ] }
data: ./data
devices:
  office-ups: { driver: nut, host: 127.0.0.1, port: 3493, ups: office, username: admin, password: !secret nut }
  rack-pdu:
    driver: snmp
    host: 127.0.0.1
    port: 161
    version: 2c
    community: !secret snmp
    parts: { outlet/3: { name: NAS, lock: locked }, outlet/7: { lock: confirm } }
  web: { driver: ipmi, host: 127.0.0.1, port: 623, username: admin, password: !secret bmc, interval: 10s }
`;

export const canaries = {
  mqtt: "canary-mqtt-7f3a",
  rest: "canary-rest-9b1c5d77e0",
  nut: "canary-nut-22aa",
  snmp: "canary-snmp-4e4e",
  bmc: "canary-bmc-0c0c",
} as const;
export const secrets = Object.entries(canaries)
  .map(([name, text]) => `${name}: ${text}\n`)
  .join("");

export interface Folder extends AsyncDisposable {
  readonly path: string;
  write(name: string, text: string): Promise<string>;
  /** Writes the text as the configuration and loads it; the file's own path is shortened to its name in problems. */
  load(text: string, environment?: Record<string, string>): Promise<Loaded>;
}

export const makeFolder = async (secretText: string | undefined = secrets): Promise<Folder> => {
  const path = await mkdtemp(join(tmpdir(), "rack-power-config-"));
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(path, name), text);
    return join(path, name);
  };
  if (secretText !== "") await write("secrets.yaml", secretText);
  return {
    path,
    write,
    load: async (text, environment = {}) => loadConfiguration(await write("rack-power.yaml", text), drivers, environment),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
};

/** Problems as a person sees them, without the folder. */
export const lines = (problems: readonly Problem[]): readonly string[] => problems.map((problem) => formatProblem({ ...problem, file: "rack-power.yaml" }));
