import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone } from "../peer/cache.ts";
import { ownAddress, ownSuite } from "../peer/debian.ts";
import type { Peer } from "../peer/provision.ts";
import { run } from "../peer/run.ts";
import { buildImage, podman } from "./container-engine.ts";

/** Where npm in the stand-in looks for its settings, and a file for authorities: empty, for a build to mount something over them. Mounted anywhere else, they would leave empty files in the image. */
export const settingsPlace = "/usr/local/etc/npmrc";
export const authorityPlace = "/usr/local/etc/npm-authority.pem";

/** Makes the tree of Debian's smallest system that has apt and useradd, as the official image does. */
const debian = (into: string): Promise<string> => {
  const left = ["man/*", "locale/*", "doc/*"].map((path) => `--dpkgopt=path-exclude=/usr/share/${path}`);
  const apt = ["Acquire::Check-Valid-Until false", 'Acquire::Languages "none"', 'APT::Install-Recommends "false"'].map((option) => `--aptopt=${option}`);
  const options = ["--variant=apt", "--include=passwd", "--dpkgopt=force-unsafe-io", ...left, ...apt];
  return ownAddress().then((address) => run("mmdebstrap", [...options, ownSuite(), into, `deb ${address} ${ownSuite()} main`]));
};

/** npm as the registry has it, and the Node that runs this test. */
const node = async (into: string): Promise<void> => {
  const folder = join(into, "usr/local");
  const modules = join(folder, "lib/node_modules");
  for (const path of [join(folder, "bin"), join(folder, "etc"), modules]) mkdirSync(path, { recursive: true });
  for (const path of [settingsPlace, authorityPlace]) writeFileSync(join(into, path), "");
  copyFileSync(process.execPath, join(folder, "bin/node"));
  const archive = (await run("npm", ["pack", "--silent", "npm@11"], { cwd: into })).trim();
  await run("tar", ["--extract", "--no-same-owner", `--file=${join(into, archive)}`, "--directory", modules]);
  await run("mv", [join(modules, "package"), join(modules, "npm")]);
  rmSync(join(into, archive));
  for (const name of ["npm", "npx"]) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, "bin", name));
};

const recipe = `FROM scratch
ADD debian.tar /
COPY node /
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
CMD ["node"]
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;

/**
 * A stand-in for the official image of that name, for machines without a registry: Debian, Node, npm and the user `node` (1000). Made once for
 * each version of Node and kept in the peers' cache.
 */
export const provideBase = (engine: Peer, name: string): Promise<void> =>
  alone("base-image", async () => {
    const made = createHash("sha256").update([recipe, debian, node].join()).digest("hex").slice(0, 8);
    const kept = `localhost/node-stand-in:${process.versions.node}-${ownSuite()}-${made}`;
    const there = await podman(engine, "image", "exists", kept).then(
      () => true,
      () => false,
    );
    if (!there) {
      const folder = mkdtempSync(join(tmpdir(), "base-image-"));
      try {
        mkdirSync(join(folder, "node"));
        await Promise.all([debian(join(folder, "debian.tar")), node(join(folder, "node"))]);
        writeFileSync(join(folder, "Dockerfile"), recipe);
        await buildImage(engine, kept, join(folder, "Dockerfile"), folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    await podman(engine, "tag", kept, name);
    const all = await podman(engine, "images", "--filter=reference=localhost/node-stand-in", "--format={{.Repository}}:{{.Tag}}");
    for (const old of all.split("\n")) if (old.startsWith("localhost/node-stand-in:") && old !== kept) await podman(engine, "image", "rm", old);
  });
