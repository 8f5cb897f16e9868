import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { connectAsync, type MqttClient } from "mqtt";

import type { DeviceView } from "#publish/rest/device-view.ts";
import type { OutcomeView } from "#publish/rest/outcome-view.ts";
import { freePort } from "./port.ts";
import { startProcess, type RunningProcess } from "./process.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Keys of the API that `restSection` lists: one that may all, one that only looks. */
export const keys = { all: "key-for-the-tests-that-may-do-all", look: "key-for-the-tests-that-may-look" } as const;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The program as a process of its own, on a configuration in a folder of its own. */
export interface ProgramRig extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  readonly port: number;
  readonly pid: number;
  write(configuration: string): void;
  /** Starts it and waits until its API answers. */
  start(): Promise<void>;
  /** Starts it and waits for its end: exit code or signal. */
  end(): Promise<number | NodeJS.Signals>;
  /** Resolves with exit code or signal. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  signal(signal: NodeJS.Signals): void;
  /** Everything that it has written to both streams since it was made. */
  output(): string;
  ask(
    path: string,
    question?: { readonly method?: string; readonly body?: unknown; readonly key?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
  command(device: string, part: string, command: string, more?: Readonly<Record<string, string>>): Promise<Answer>;
  device(id: string): Promise<DeviceView>;
  outcomes(): Promise<readonly OutcomeView[]>;
  /** The command line as a process of its own, with the key by its configuration. */
  cli(...words: readonly string[]): Promise<{ readonly code: number | NodeJS.Signals; readonly output: string }>;
  /** The same without its configuration. */
  bare(...words: readonly string[]): Promise<{ readonly code: number | NodeJS.Signals; readonly output: string }>;
}

/** Sections `rest` and `data` for a rig; `devices`: lines of YAML flow maps by id. */
export const configure = (port: number, devices: Readonly<Record<string, string>>, more = ""): string =>
  [
    `rest: { listen: "127.0.0.1:${port}", keys: [ { name: tests, key: ${keys.all}, scopes: [admin] }, { name: looker, key: ${keys.look}, scopes: [read] } ] }`,
    "data: ./data",
    ...(more === "" ? [] : [more]),
    "devices:",
    ...Object.entries(devices).map(([id, entry]) => `  ${id}: { ${entry} }`),
    "",
  ].join("\n");

const asker =
  (port: number): ProgramRig["ask"] =>
  async (path, { method = "GET", body, key = keys.all, headers = {} } = {}) => {
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "x-api-key": key, ...type, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
  };

/** Makes the folder and writes what `configuration` makes of the API's port; starts nothing. */
export const prepareProgram = async (
  configuration: (port: number) => string,
  more: Readonly<Record<string, string>> | ((port: number) => Readonly<Record<string, string>>) = {},
): Promise<ProgramRig> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-"));
  const file = join(folder, "rack-power.yaml");
  const port = await freePort("tcp");
  const write = (text: string): void => writeFileSync(file, text);
  write(configuration(port));
  const ask = asker(port);
  const environment = typeof more === "function" ? more(port) : more;
  const run = (words: readonly string[], ready?: () => Promise<boolean>): Promise<RunningProcess> =>
    startProcess(process.execPath, [main, ...words], { cwd: folder, env: environment, ...(ready && { ready }) });
  let before = "";
  let running: RunningProcess | undefined;
  const ended = async (): Promise<number | NodeJS.Signals> => {
    const result = (await running?.ended) ?? 0;
    before += running?.output() ?? "";
    running = undefined;
    return result;
  };
  const called = async (words: readonly string[]): Promise<{ readonly code: number | NodeJS.Signals; readonly output: string }> => {
    await using program = await run(words);
    const code = await program.ended;
    return { code, output: program.output() };
  };
  return {
    folder,
    file,
    port,
    get pid() {
      return running?.pid ?? 0;
    },
    write,
    start: async () => void (running = await run(["run", "--config", file], async () => (await ask("/api/v1/health")).status === 200)),
    end: async () => {
      running = await run(["run", "--config", file]);
      return await ended();
    },
    kill: async (signal) => {
      running?.kill(signal);
      return await ended();
    },
    signal: (signal) => running?.kill(signal),
    output: () => before + (running?.output() ?? ""),
    ask,
    command: (device, part, command, more = {}) => ask(`/api/v1/devices/${device}/parts/${part}/commands`, { method: "POST", body: { command, ...more } }),
    device: async (id) => (await ask(`/api/v1/devices/${id}`)).body as unknown as DeviceView,
    outcomes: async () => (await ask("/api/v1/outcomes?limit=100")).body as unknown as readonly OutcomeView[],
    cli: (...words) => called([...words, "--config", file]),
    bare: (...words) => called(words),
    [Symbol.asyncDispose]: async () => {
      await running?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export interface Listener extends AsyncDisposable {
  readonly client: MqttClient;
  /** Everything that came, in order. */
  readonly messages: readonly { readonly topic: string; readonly text: string; readonly kept: boolean }[];
  /** What was last said on a topic. */
  last(topic: string): string | undefined;
  /** What the broker keeps, asked anew: topics with a payload. */
  kept(filter: string): Promise<ReadonlyMap<string, string>>;
}

/** A client of the broker that hears everything. */
export const listen = async (url: string): Promise<Listener> => {
  const messages: { topic: string; text: string; kept: boolean }[] = [];
  const client = await connectAsync(url, { protocolVersion: 5 });
  client.on("message", (topic, payload, { retain }) => void messages.push({ topic, text: payload.toString(), kept: retain }));
  await client.subscribeAsync("#", { qos: 1 });
  const kept = async (filter: string): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    const other = await connectAsync(url, { protocolVersion: 5 });
    const marker = `marker/${crypto.randomUUID()}`;
    const done = new Promise<void>((resolve) => {
      other.on("message", (topic, payload, { retain }) => (topic === marker ? resolve() : retain && found.set(topic, payload.toString())));
    });
    await other.subscribeAsync([marker, filter]);
    await other.publishAsync(marker, "x");
    await done;
    await other.endAsync();
    return found;
  };
  return {
    client,
    messages,
    last: (topic) => messages.findLast((message) => message.topic === topic)?.text,
    kept,
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
};
