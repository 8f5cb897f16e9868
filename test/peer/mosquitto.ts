import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeCertificates, type Certificates } from "./certificate.ts";
import type { Peer } from "./debian-peer.ts";
import { freePort } from "./port.ts";
import { startProcess, type RunningProcess } from "./process.ts";
import { run } from "./run.ts";

export interface MosquittoOptions {
  /** Names and passwords; without any, everybody may come in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of mosquitto's acl_file, such as `user rack`, `topic readwrite rack-power/#`. */
  readonly acl?: string;
  /** A second listener by TLS with an authority of its own; `client certificate` also asks the client for one. */
  readonly tls?: "server only" | "client certificate";
  /** Retained messages and sessions survive even a SIGKILL that comes a second or more after them. */
  readonly persistent?: boolean;
  /** Further lines of mosquitto.conf. */
  readonly more?: string;
}

export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Where TLS listens, and with which files. */
  readonly tls?: { readonly port: number; readonly url: string; readonly certificates: Certificates };
  /** Everything it has logged since it was made. */
  output(): string;
  /** SIGTERM unless said otherwise. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts it again on the same ports. */
  start(): Promise<void>;
  /** Other names and passwords from the next start on. */
  setUsers(users: Readonly<Record<string, string>>): Promise<void>;
}

const configuration = (folder: string, port: number, options: MosquittoOptions, tls: Mosquitto["tls"]): string =>
  [
    "user root",
    "log_dest stderr",
    "log_type all",
    "max_queued_messages 0",
    "max_inflight_messages 0",
    `allow_anonymous ${options.users === undefined}`,
    ...(options.users === undefined ? [] : [`password_file ${join(folder, "passwords")}`]),
    ...(options.acl === undefined ? [] : [`acl_file ${join(folder, "acl")}`]),
    ...(options.persistent ? ["persistence true", `persistence_location ${join(folder, "data")}/`, "autosave_on_changes true", "autosave_interval 1"] : []),
    ...(options.more === undefined ? [] : [options.more]),
    `listener ${port} 127.0.0.1`,
    ...(tls === undefined
      ? []
      : [
          `listener ${tls.port} 127.0.0.1`,
          `cafile ${tls.certificates.ca}`,
          `certfile ${tls.certificates.server.certificate}`,
          `keyfile ${tls.certificates.server.key}`,
        ]),
    ...(options.tls === "client certificate" ? ["require_certificate true"] : []),
    "",
  ].join("\n");

const writeUsers = async (peer: Peer, folder: string, users: Readonly<Record<string, string>>): Promise<void> => {
  const lines = Object.entries(users).map(([name, password]) => `${name}:${password}\n`);
  writeFileSync(join(folder, "passwords"), lines.join(""), { mode: 0o600 });
  await run(peer.bin("mosquitto_passwd"), ["-U", join(folder, "passwords")], { env: peer.env });
};

const prepare = async (peer: Peer, folder: string, options: MosquittoOptions): Promise<Pick<Mosquitto, "port" | "tls">> => {
  mkdirSync(join(folder, "data"));
  const port = await freePort("tcp");
  const second = await freePort("tcp");
  const tls = options.tls === undefined ? undefined : { port: second, url: `mqtts://127.0.0.1:${second}`, certificates: await makeCertificates(peer, folder) };
  if (options.users !== undefined) await writeUsers(peer, folder, options.users);
  if (options.acl !== undefined) writeFileSync(join(folder, "acl"), `${options.acl}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "conf"), configuration(folder, port, options, tls));
  return { port, ...(tls && { tls }) };
};

/** A real broker, with whatever doors it needs. It has started when this resolves. */
export const startMosquitto = async (peer: Peer, options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const folder = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const prepared = await prepare(peer, folder, options);
  let log = "";
  let running: RunningProcess | undefined;
  const start = async (): Promise<void> => {
    running ??= await startProcess(peer.bin("mosquitto"), ["-c", join(folder, "conf")], { env: peer.env, ready: / running$/m });
  };
  const stop = async (signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> => {
    if (running === undefined) return;
    running.kill(signal);
    await running.ended;
    log += running.output();
    running = undefined;
  };
  await start();
  return {
    ...prepared,
    url: `mqtt://127.0.0.1:${prepared.port}`,
    output: () => log + (running?.output() ?? ""),
    start,
    stop,
    setUsers: (users) => writeUsers(peer, folder, users),
    [Symbol.asyncDispose]: async () => {
      await stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
