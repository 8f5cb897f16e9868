import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Peer } from "../peer/provision.ts";
import { until } from "../peer/until.ts";
import { podman } from "./container-engine.ts";

/** A container of which only what it does counts: the test reaches it through podman, as it needs no network. */
export interface Container extends AsyncDisposable {
  /** Runs a program inside; its standard output. */
  exec(...words: readonly string[]): Promise<string>;
  /** Settles when the image's own health check says that it is well. */
  healthy(): Promise<void>;
  /** What the program has written to either stream. */
  log(): Promise<string>;
  /** As the Supervisor stops it: SIGTERM, and after ten seconds SIGKILL. Its exit code. */
  stop(): Promise<number>;
  /** Once more, after it has ended. */
  start(): Promise<void>;
  /** Settles when it has ended by itself: its exit code. */
  readonly ended: Promise<number>;
}

/** A container that is there already. */
export const containerOf = (engine: Peer, name: string): Container => {
  // Both streams, which podman keeps apart.
  const log = async (): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(engine.bin("podman"), ["logs", name], { env: { ...process.env, ...engine.env } });
    return stdout + stderr;
  };
  return {
    exec: (...words) => podman(engine, "exec", name, ...words),
    healthy: async () => {
      const check = (): Promise<boolean> => podman(engine, "healthcheck", "run", name).then(() => true);
      await until(check, "healthy", 30_000).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await log()}`, { cause: error });
      });
    },
    log,
    stop: async () => {
      await podman(engine, "stop", "--time=10", name);
      return Number(await podman(engine, "inspect", "--format={{.State.ExitCode}}", name));
    },
    start: async () => void (await podman(engine, "start", name)),
    get ended() {
      return podman(engine, "wait", name).then(Number);
    },
    [Symbol.asyncDispose]: async () => void (await podman(engine, "rm", "--force", "--volumes", "--time=0", name)),
  };
};

/** Starts one. Without a network the ports it listens on are its own, and nothing leaves it. */
export const startContainer = async (engine: Peer, image: string, options: readonly string[], network: "none" | "host" = "none"): Promise<Container> => {
  const name = `test-${randomBytes(6).toString("hex")}`;
  // It is no child of ours: when this test is killed, podman ends it.
  await podman(engine, "run", "--detach", "--timeout=300", "--pull=never", `--network=${network}`, `--name=${name}`, ...options, image);
  return containerOf(engine, name);
};
