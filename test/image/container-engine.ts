import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone, cacheFolder } from "../peer/cache.ts";
import type { Peer, Provision } from "../peer/provision.ts";
import { run } from "../peer/run.ts";

const packages = ["buildah", "podman", "runc", "conmon", "catatonit", "mmdebstrap"] as const;
const programs = ["buildah", "podman", "runc", "catatonit", "mmdebstrap"] as const;
const folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin"] as const;

const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
const missing = (): readonly string[] => programs.filter((name) => find(name) === undefined);

const install = async (): Promise<void> => {
  const apt = (...words: readonly string[]): Promise<string> => run("apt-get", ["-qq", ...words], { env: { DEBIAN_FRONTEND: "noninteractive" } });
  const add = (): Promise<string> => apt("install", "--yes", "--no-install-recommends", ...packages);
  await add().catch(async () => {
    await apt("update");
    await add();
  });
};

/** A store and settings of our own: nothing of this machine's containers is seen or touched. */
const configure = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  mkdirSync(folder, { recursive: true });
  const place = (await run("stat", ["--file-system", "--format=%T", folder])).trim();
  const file = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
    return join(folder, name);
  };
  // An overlay cannot lie on another one, which is what the root of a container is.
  const driver = place === "overlayfs" ? "vfs" : "overlay";
  const storage = ["[storage]", `driver = "${driver}"`, `runroot = "${join(tmpdir(), "rack-power-containers")}"`, `graphroot = "${join(folder, driver)}"`];
  const containers = [
    "[containers]",
    // runc and no cgroup for conmon: works also where crun does not, on a kernel with both kinds of cgroups and without the right to raise limits.
    'cgroups = "no-conmon"',
    'log_driver = "k8s-file"',
    'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]',
    "[engine]",
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    'runtime = "runc"',
  ];
  return { CONTAINERS_STORAGE_CONF: file("storage.conf", storage), CONTAINERS_CONF: file("containers.conf", containers) };
};

/** buildah and podman, if this is root and they are installed; with CI=true they are installed. */
export const containerEngine = async (): Promise<Provision> => {
  try {
    if (process.getuid?.() !== 0) return { ok: false, why: "images can be built by root only" };
    if (missing().length > 0 && process.env["CI"] === "true") await alone("apt-install", install);
    if (missing().length > 0) return { ok: false, why: `not installed: ${missing().join(", ")} (apt-get install ${packages.join(" ")})` };
    const root = join(cacheFolder(), "containers");
    return { ok: true, root, env: await configure(root), bin: (name) => find(name) ?? name };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
};

/** Runs podman; its standard output. */
export const podman = async (engine: Peer, ...words: readonly string[]): Promise<string> =>
  (await run(engine.bin("podman"), words, { env: engine.env })).trim();

/** buildah, building without a registry and without asking one. */
export const buildImage = async (engine: Peer, tag: string, file: string, context: string, ...words: readonly string[]): Promise<void> => {
  const policy = join(engine.root, "policy.json");
  writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  // Docker's format, because the other one has no health check.
  const options = ["--isolation=chroot", "--pull-never", "--format=docker", `--signature-policy=${policy}`, ...words];
  await run(engine.bin("buildah"), ["bud", ...options, "--file", file, "--tag", tag, context], { env: engine.env });
};
