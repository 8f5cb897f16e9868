import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished } from "vitest";
import { systemClock as clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { Program } from "#program/program.ts";
import type { DeviceView } from "#publish/rest/device-view.ts";
import { until } from "./until.ts";

const key = "a-key-of-the-test-0001";

export interface Rig {
  readonly lines: string[];
  /** Writes the entries below `devices:`. */
  write(...entries: readonly string[]): Promise<void>;
  start(): Promise<Running>;
}
export interface Running extends AsyncDisposable {
  readonly program: Program;
  devices(): Promise<ReadonlyMap<string, DeviceView>>;
  health(): Promise<{ readonly broker?: { readonly state: string } }>;
  /** Waits until exactly these are there, in these states. */
  shows(states: Readonly<Record<string, string>>): Promise<void>;
}

const running = (program: Program): Running => {
  const devices = async (): Promise<ReadonlyMap<string, DeviceView>> => {
    const answer = await fetch(`${program.url}/api/v1/devices`, { headers: { "x-api-key": key } });
    const views = (await answer.json()) as readonly DeviceView[];
    return new Map(views.map((view) => [view.id, view]));
  };
  return {
    program,
    devices,
    health: async () => (await (await fetch(`${program.url}/api/v1/health`, { headers: { "x-api-key": key } })).json()) as { broker?: { state: string } },
    shows: async (states) => {
      let seen: unknown;
      await until(
        async () => {
          seen = Object.fromEntries([...(await devices())].map(([id, { connection }]) => [id, connection.state]));
          return isDeepStrictEqual(seen, states);
        },
        `the devices are ${JSON.stringify(states)}`,
      ).catch(() => undefined);
      expect(seen).toEqual(states);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
};

/** The whole program with a configuration of its own, looked at through its API. */
export const createRig = async (): Promise<Rig> => {
  const folder = await mkdtemp(join(tmpdir(), "rack-power-member-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "rack-power.yaml");
  const lines: string[] = [];
  return {
    lines,
    write: (...entries) =>
      writeFile(file, [`rest: { listen: "127.0.0.1:0", keys: [ { name: test, key: ${key}, scopes: [admin] } ] }`, "devices:", ...entries, ""].join("\n")),
    start: async () => running(await Program.start({ file, environment: {}, clock, log: createLog("info", (line) => lines.push(line)) })),
  };
};
