import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { podman } from "#test/image/container-engine.ts";
import { startContainer, type Container } from "#test/image/container.ts";
import { buildRackPower, image } from "#test/image/rack-power-image.ts";
import { prepareAddon } from "#test/peer/addon-rig.ts";
import { freePort } from "#test/peer/port.ts";
import { keys } from "#test/peer/program-rig.ts";
import type { Peer } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { startSupervisorDouble, type SupervisorDouble } from "./supervisor-double.ts";

/** The add-on beside a double of the Supervisor, installed and not started: nothing is configured. */
export interface AddonUnderTest extends AsyncDisposable {
  readonly supervisor: SupervisorDouble;
  readonly port: number;
  /** Starts it and waits until its API answers. */
  start(): Promise<void>;
  /** As the Supervisor stops it: SIGTERM. Its exit code. */
  stop(): Promise<number | NodeJS.Signals>;
  /** All that it has written. */
  output(): Promise<string>;
  /** A file of its configuration folder. */
  text(name: string): string;
}

/** From the sources, as a process. */
export const addonFromSources = async (): Promise<AddonUnderTest> => {
  const { supervisor, program, ...rig } = await prepareAddon();
  rmSync(program.file);
  return {
    supervisor,
    port: program.port,
    start: program.start,
    stop: () => program.kill("SIGTERM"),
    output: async () => program.output(),
    text: (name) => readFileSync(join(program.folder, name), "utf8"),
    [Symbol.asyncDispose]: rig[Symbol.asyncDispose],
  };
};

const answers = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/api/v1/health`).then(
    ({ ok }) => ok,
    () => false,
  );

/** As the image that people get, built here, in a container. Its network is the machine's, for the peers are there. */
export const addonAsImage = async (engine: Peer): Promise<AddonUnderTest> => {
  await buildRackPower(engine);
  const supervisor = await startSupervisorDouble();
  const config = mkdtempSync(join(tmpdir(), "rack-power-config-"));
  const port = await freePort("tcp");
  supervisor.addonPort = port;
  await supervisor.writeOptions({ log_level: "info", api_keys: [{ name: "tests", key: keys.all, scopes: ["admin"] }] });
  // In the container the data folder is where it is for people.
  const environment = Object.entries(supervisor.environment).filter(([name]) => name !== "RACK_POWER_ADDON_DATA" && name !== "RACK_POWER_ADDON_LISTEN");
  const given = [...environment, ["RACK_POWER_ADDON_LISTEN", `127.0.0.1:${port}`]].map(([name, value]) => `--env=${name}=${value}`);
  let container: Container | undefined;
  return {
    supervisor,
    port,
    start: async () => {
      if (container) await container.start();
      else container = await startContainer(engine, image, [`--volume=${supervisor.data}:/data`, `--volume=${config}:/config`, ...given], "host");
      await until(() => answers(port), "the container answers", 30_000);
    },
    stop: async () => (await container?.stop()) ?? 0,
    output: async () => (await container?.log()) ?? "",
    text: (name) => readFileSync(join(config, name), "utf8"),
    [Symbol.asyncDispose]: async () => {
      await container?.[Symbol.asyncDispose]();
      await podman(engine, "image", "rm", "--force", image);
      await supervisor[Symbol.asyncDispose]();
      rmSync(config, { recursive: true, force: true });
    },
  };
};
