import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../peer/until.ts";
import type { Peer } from "../peer/provision.ts";
import { startContainer } from "./container.ts";
import { accessesIn, type Access } from "./apparmor-rule.ts";

const traced = ["-f", "-qq", "-s", "4096", "-e", "trace=%file", "-e", "signal=none"] as const;

/** Where strace lies in the container; what is below it is not the program's. */
const tracer = "/tracer";

/** Every file that the image's program touches from its start to its end, with its health check and its backup, as strace sees it. */
export const touchedPaths = async (
  engine: Peer,
  image: string,
  strace: Peer,
  options: { readonly folder: string; readonly run: readonly string[] },
): Promise<readonly Access[]> => {
  const traces = join(options.folder, "traces");
  mkdirSync(traces, { recursive: true });
  const inside = (path: string): string => join(tracer, "root", path.slice(strace.root.length));
  const libraries = (strace.env["LD_LIBRARY_PATH"] ?? "")
    .split(":")
    .filter((path) => path.startsWith(strace.root))
    .map(inside);
  const follow = (name: string): readonly string[] => [
    // Only strace itself needs its libraries; the program is started without them.
    "env",
    `LD_LIBRARY_PATH=${libraries.join(":")}`,
    inside(strace.bin("strace")),
    ...traced,
    "-E",
    "LD_LIBRARY_PATH",
    "-o",
    join(tracer, "out", name),
    "rack-power",
  ];
  const mounts = [
    `--volume=${strace.root}:${tracer}/root:ro`,
    `--volume=${traces}:${tracer}/out`,
    "--cap-add=SYS_PTRACE",
    `--entrypoint=${JSON.stringify([...follow("run"), "run", "--config", "/config/rack-power.yaml"])}`,
  ];
  await using container = await startContainer(engine, image, [...mounts, ...options.run]);
  await container.healthy();
  await container.exec(...follow("health"), "health");
  await container.exec(...follow("backup"), "backup");
  await until(async () => /ipmitool/.test(readFileSync(join(traces, "run"), "utf8")), "ipmitool is started", 20_000);
  // What is executed is the file that a link leads to.
  const target = await container.exec("readlink", "-f", "/usr/local/bin/rack-power");
  await container.stop();
  const texts = ["run", "health", "backup"].map((name) => readFileSync(join(traces, name), "utf8").replaceAll("/usr/local/bin/rack-power", target));
  return texts.flatMap(accessesIn).filter(({ path }) => !path.startsWith(tracer));
};
