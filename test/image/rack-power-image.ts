import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Peer } from "../peer/provision.ts";
import { run } from "../peer/run.ts";
import { authorityPlace, provideBase, settingsPlace } from "./base-image.ts";
import { buildImage, podman } from "./container-engine.ts";

/** Of this run alone: others may test at the same time. */
export const image = `localhost/rack-power:test-${process.pid}`;
const repository = join(import.meta.dirname, "../..");

/** Which image the Dockerfile builds upon. */
export const baseName = (): string => /^ARG BUILD_FROM=(\S+)$/m.exec(readFileSync(join(repository, "Dockerfile"), "utf8"))?.[1] ?? "";

/** npm in the build takes registry, proxies and authorities from this machine. Mounted, so that none of it gets into the image. */
const npmMounts = async (folder: string): Promise<readonly string[]> => {
  const setting = async (name: string): Promise<string> => (await run("npm", ["config", "get", name], { cwd: repository })).trim();
  const [user, global, authority] = await Promise.all([setting("userconfig"), setting("globalconfig"), setting("cafile")]);
  const cafile = [authority, process.env["NODE_EXTRA_CA_CERTS"] ?? ""].find((path) => existsSync(path));
  const texts = [global, user].flatMap((path) => (existsSync(path) ? [readFileSync(path, "utf8")] : []));
  const npmrc = join(folder, "npmrc");
  writeFileSync(npmrc, [...texts, ...(cafile === undefined ? [] : [`cafile=${authorityPlace}`]), ""].join("\n"), { mode: 0o600 });
  return [`--volume=${npmrc}:${settingsPlace}:ro`, ...(cafile === undefined ? [] : [`--volume=${cafile}:${authorityPlace}:ro`])];
};

/** Builds the image as the Dockerfile says, on a stand-in of its base. */
export const buildRackPower = async (engine: Peer): Promise<void> => {
  await provideBase(engine, baseName());
  const folder = mkdtempSync(join(tmpdir(), "image-"));
  try {
    const file = join(folder, "Dockerfile");
    // buildah of Debian 12 does not know this option, which Docker has from 25 on.
    writeFileSync(file, readFileSync(join(repository, "Dockerfile"), "utf8").replace(/ --start-interval=\S+/, ""));
    await buildImage(engine, image, file, repository, "--build-arg=BUILD_VERSION=7.8.9", ...(await npmMounts(folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What the image adds to its base. */
export interface Additions extends Disposable {
  /** Bytes as they are sent over the net. */
  readonly compressed: number;
  /** Paths without the first slash; folders end with one. */
  readonly files: readonly string[];
  read(file: string): Buffer;
}

export const additions = async (engine: Peer): Promise<Additions> => {
  const folder = mkdtempSync(join(tmpdir(), "image-"));
  await podman(engine, "save", "--quiet", "--format=docker-archive", `--output=${join(folder, "image.tar")}`, image);
  await run("tar", ["--extract", `--file=${join(folder, "image.tar")}`, "--directory", folder]);
  const [manifest] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as [{ Layers: readonly string[] }];
  const below = JSON.parse(await podman(engine, "image", "inspect", "--format={{json .RootFS.Layers}}", baseName())) as readonly string[];
  const layers = manifest.Layers.slice(below.length).map((name) => join(folder, name));
  const tree = join(folder, "tree");
  mkdirSync(tree);
  const list: string[] = [];
  for (const layer of layers) list.push(await run("tar", ["--extract", "--verbose", `--file=${layer}`, "--directory", tree]));
  return {
    compressed: layers.reduce((sum, layer) => sum + gzipSync(readFileSync(layer)).length, 0),
    files: list.flatMap((text) => text.split("\n").filter((line) => line !== "")),
    read: (file) => readFileSync(join(tree, file)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
};
