import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";

import { cacheFolder } from "./cache.ts";
import type { Peer, Provision } from "./debian-peer.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import { pythonPackages } from "./provision.ts";

const commit = "ec4dcbba80ebdbc6a337ad1f64169dd9a98046bb";
const modules = ["pwrstat_api", "pwrstat_mqtt", "pwrstat_prometheus", "pwrstat_rest", "pwrstat_schemas"].map((name) => `${name}.py`);
const digest = "e7331d9ea4b965dd0e75dbc53f523ead5baedecc6961eb64fc8e0a678b2b50b8";
const requirements = ["flask==3.1.3", "prometheus_client==0.26.0", "paho-mqtt==1.6.1", "ruamel.yaml==0.19.1", "voluptuous==0.16.0"];

const isWhole = (folder: string): boolean => {
  if (!modules.every((name) => existsSync(join(folder, name)))) return false;
  const hash = createHash("sha256");
  for (const name of modules) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex") === digest;
};

/** Where its sources are looked for: a checkout of DanielWinks/pwrstat_docker. They are run and compared with, are no part of this project, and in no package. */
const checkout = join(cacheFolder(), "forerunner", `pwrstat_docker-${commit.slice(0, 7)}`);

/** pwrstat_docker itself with what it needs from PyPI; `root` is the folder of its sources. */
export const pwrstatDocker = async (): Promise<Provision> => {
  if (!isWhole(checkout)) return { ok: false, why: `pwrstat_docker: its commit ${commit.slice(0, 7)} is not at forerunner/ in the cache of the peers` };
  const python = await pythonPackages("pwrstat-docker", ...requirements);
  return python.ok ? { ...python, root: checkout } : python;
};

export interface Forerunner extends AsyncDisposable {
  readonly url: string;
  readonly metricUrl: string;
  /** What `pwrstat -status` prints from now on. */
  print(text: string): void;
  output(): string;
}

/** The forerunner as it runs in its container, but that `pwrstat` is a stub of ours; `mqtt`: its section of that name. */
export const startForerunner = async (peer: Peer, options: { readonly mqtt?: object; readonly labels?: object } = {}): Promise<Forerunner> => {
  const folder = mkdtempSync(join(tmpdir(), "pwrstat-docker-"));
  const status = join(folder, "status");
  const print = (text: string): void => {
    writeFileSync(`${status}.new`, text);
    renameSync(`${status}.new`, status);
  };
  print("");
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "pwrstat"), `#!/bin/sh\nexec cat ${status}\n`);
  chmodSync(join(folder, "bin", "pwrstat"), 0o755);
  const [rest, prometheus] = [await freePort("tcp"), await freePort("tcp")];
  const place = { bind_address: "127.0.0.1" };
  writeFileSync(
    join(folder, "pwrstat.yaml"),
    stringify({
      rest: { port: rest, ...place },
      prometheus: { port: prometheus, ...place, labels: options.labels ?? {} },
      ...(options.mqtt && { mqtt: options.mqtt }),
    }),
  );
  const url = `http://127.0.0.1:${rest}`;
  const running = await startProcess(peer.bin("python"), [fileURLToPath(new URL("compat-pwrstat.py", import.meta.url)), peer.root], {
    cwd: folder,
    env: { ...peer.env, PATH: `${join(folder, "bin")}:${peer.env["PATH"] ?? process.env["PATH"] ?? ""}`, PYTHONDONTWRITEBYTECODE: "1" },
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
  return {
    url,
    metricUrl: `http://127.0.0.1:${prometheus}`,
    print,
    output: () => running.output(),
    [Symbol.asyncDispose]: async () => {
      // It has no way to stop: its threads go on for ever.
      running.kill("SIGKILL");
      await running.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
