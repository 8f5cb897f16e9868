import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { alone, cacheFolder } from "./cache.ts";
import { ownSuite, unpackDebian } from "./debian.ts";
import { debianPeers, unneeded, type DebianPeer, type PeerName } from "./peer-table.ts";
import { run } from "./run.ts";

/** A peer that can be started: `bin` gives the path of one of its programs, `env` what they need in their environment. Or the reason why there is none. */
export type Provision =
  | { readonly ok: true; readonly root: string; readonly env: Readonly<Record<string, string>>; bin(name: string): string }
  | { readonly ok: false; readonly why: string };
export type Peer = Provision & { readonly ok: true };

const programFolders = ["wrapper", "lib/nut", "usr/lib/nut", "usr/bin", "usr/sbin", "bin", "sbin"] as const;
const ready = ".ready";

const libraries = (root: string): readonly string[] =>
  ["usr/lib", "lib"].flatMap((folder) => {
    const path = join(root, folder);
    if (!existsSync(path)) return [];
    return [
      ...readdirSync(path)
        .filter((name) => name.includes("-linux-"))
        .map((name) => join(path, name)),
      path,
    ];
  });

/** A list for PATH and the like, with what this process has already at its end. */
export const joined = (paths: readonly string[], variable: string): string => [...paths, ...(process.env[variable] ? [process.env[variable]] : [])].join(":");

const peerAt = (roots: readonly string[], extra: Readonly<Record<string, string>>): Peer => {
  const folders = roots.flatMap((root) => programFolders.map((folder) => join(root, folder))).filter((folder) => existsSync(folder));
  return {
    ok: true,
    root: roots[0] ?? "",
    env: { ...extra, PATH: joined(folders, "PATH"), LD_LIBRARY_PATH: joined(roots.flatMap(libraries), "LD_LIBRARY_PATH") },
    bin: (name) => {
      const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
      if (found === undefined) throw new Error(`${roots.join(", ")}: no program ${name}`);
      return found;
    },
  };
};

const finish = async (peer: DebianPeer, target: string, root: string): Promise<void> => {
  const wrappers = join(root, "wrapper");
  mkdirSync(wrappers, { recursive: true });
  for (const script of peer.pythonScripts ?? []) {
    const python = readdirSync(join(root, "usr/bin")).find((name) => /^python3\.\d+$/.test(name)) ?? "python3";
    writeFileSync(join(wrappers, script), `#!/bin/sh\nexec ${target}/usr/bin/${python} ${target}/usr/bin/${script} "$@"\n`);
    chmodSync(join(wrappers, script), 0o755);
  }
  if (peer.plugin !== undefined) {
    const args = [
      "-O2",
      "-shared",
      "-fPIC",
      `-I${join(root, "usr/include")}`,
      "-o",
      join(root, peer.plugin.target),
      join(import.meta.dirname, peer.plugin.source),
    ];
    await run("gcc", args).catch((error: Error) => writeFileSync(join(root, `${peer.plugin?.target}.why`), error.message));
  }
  const here = peerAt([root], {});
  for (const program of peer.programs) here.bin(program);
  writeFileSync(join(root, ready), "");
};

const targetOf = (name: PeerName): string => {
  const peer: DebianPeer = debianPeers[name];
  const source = peer.plugin === undefined ? "" : readFileSync(join(import.meta.dirname, peer.plugin.source), "utf8");
  const key = createHash("sha256")
    .update(JSON.stringify(peer) + source)
    .digest("hex")
    .slice(0, 8);
  return join(cacheFolder(), "debian", peer.suite ?? ownSuite(), `${name}-${key}`);
};

/** Whether the packages are in the cache already, so that using them loads nothing. */
export const isUnpacked = (name: PeerName): boolean => existsSync(join(targetOf(name), ready));

const provide = async (name: PeerName): Promise<string> => {
  const peer: DebianPeer = debianPeers[name];
  const suite = peer.suite ?? ownSuite();
  const target = targetOf(name);
  if (!existsSync(join(target, ready))) {
    await alone(`debian-${suite}-${name}`, async () => {
      if (!existsSync(join(target, ready)))
        await unpackDebian({ suite, packages: peer.packages, target, leaveOut: unneeded, finish: (root) => finish(peer, target, root) });
    });
  }
  return target;
};

export const refused = (what: string, error: unknown): Provision => ({ ok: false, why: `${what}: ${error instanceof Error ? error.message : String(error)}` });

/** Debian packages unpacked (no root) into a cache outside of the repository, with the libraries they need. Several names make one peer with the programs of all. */
export const debianPackages = async (...names: readonly PeerName[]): Promise<Provision> => {
  try {
    const roots: string[] = [];
    for (const name of names) roots.push(await provide(name));
    return peerAt(roots, Object.assign({}, ...names.map((name) => (debianPeers[name] as DebianPeer).env ?? {})) as Record<string, string>);
  } catch (error) {
    return refused(names.join(", "), error);
  }
};
