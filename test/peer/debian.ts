import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { alone, cacheFolder } from "./cache.ts";
import { run } from "./run.ts";

/** The code name of the machine's own release, such as `bookworm`. */
export const ownSuite = (): string => /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown";

export interface Unpacking {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly target: string;
  /** What the packages need, but the machine has. */
  readonly leaveOut: RegExp;
  /** Completes the tree before it gets its name. */
  finish(root: string): Promise<void>;
}

const stale = 12 * 3600_000;
const aptTime = 180_000;

const folders = (suite: string): { readonly apt: string; readonly lists: string; readonly fresh: string } => {
  const apt = join(cacheFolder(), "apt", suite);
  const lists = join(apt, "lists");
  mkdirSync(join(lists, "partial"), { recursive: true });
  mkdirSync(join(apt, "cache", "archives", "partial"), { recursive: true });
  if (!existsSync(join(apt, "status"))) writeFileSync(join(apt, "status"), "");
  return { apt, lists, fresh: join(apt, "fresh") };
};

/** Lists of our own and an empty list of what is installed: no root, nothing of the system touched, the same answer on every machine. */
const settings = (suite: string): readonly string[] => {
  const { apt, lists } = folders(suite);
  const source = suite === ownSuite() ? [] : ["-o", `Dir::Etc::sourcelist=${join(apt, "sources.list")}`, "-o", "Dir::Etc::sourceparts=-"];
  const options = [
    `Dir::State::lists=${lists}`,
    `Dir::State::status=${join(apt, "status")}`,
    `Dir::Cache=${join(apt, "cache")}`,
    "Acquire::Check-Valid-Until=false",
  ];
  const more = [
    "Acquire::Languages=none",
    "Acquire::Retries=2",
    "Acquire::http::Timeout=20",
    "APT::Sandbox::User=",
    "APT::Install-Recommends=false",
    "Debug::NoLocking=true",
  ];
  return [...[...options, ...more].flatMap((option) => ["-o", option]), ...source];
};

const addresses = (): Promise<string> =>
  run("apt-get", [...settings(ownSuite()), "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"]);

/** The address the machine itself takes its release from, so that no host is named here. Known only when there are lists. */
export const ownAddress = async (): Promise<string> => {
  const { fresh } = folders(ownSuite());
  if (!existsSync(fresh)) await alone(`apt-${ownSuite()}`, async () => void (existsSync(fresh) || (await refresh(ownSuite()))));
  const row = (await addresses()).split("\n").find((line) => line.endsWith(` ${ownSuite()} main`));
  if (row === undefined) throw new Error(`this machine's package sources do not name ${ownSuite()} main`);
  return row.split(" ")[0] ?? "";
};

const refresh = async (suite: string): Promise<void> => {
  const { apt, lists, fresh } = folders(suite);
  if (suite !== ownSuite())
    writeFileSync(join(apt, "sources.list"), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${await ownAddress()} ${suite} main\n`);
  try {
    await run("apt-get", [...settings(suite), "-qq", "update"], { ms: aptTime });
  } catch (error) {
    // A foreign source of this machine may be out of order while the distribution's own answers.
    if (!readdirSync(lists).some((name) => name.includes(`_${suite}_`) && name.includes("Packages"))) throw error;
  }
  writeFileSync(fresh, "");
};

const needed = async ({ suite, packages, leaveOut }: Unpacking): Promise<readonly string[]> => {
  const plan = await run("apt-get", [...settings(suite), "-y", "--print-uris", "install", ...packages], { ms: aptTime });
  const names = [...plan.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map((match) => match[1] ?? "");
  return names.filter((name) => packages.includes(name) || !leaveOut.test(name));
};

const download = async (wanted: Unpacking, into: string): Promise<void> => {
  const { suite } = wanted;
  const { fresh } = folders(suite);
  if (!existsSync(fresh) || Date.now() - statSync(fresh).mtimeMs > stale) await refresh(suite);
  const fetch = async (): Promise<unknown> => run("apt-get", [...settings(suite), "-qq", "download", ...(await needed(wanted))], { cwd: into, ms: aptTime });
  await fetch().catch(async () => {
    await refresh(suite); // a security update has replaced a file that our lists still name
    await fetch();
  });
};

/** Unpacks the packages and what they need into `target`, whole or not at all. Nobody else may do so for the same target meanwhile. */
export const unpackDebian = async (wanted: Unpacking): Promise<void> => {
  const { suite, target, finish } = wanted;
  mkdirSync(dirname(target), { recursive: true });
  const left = readdirSync(dirname(target)).filter((name) => name.startsWith(`${basename(target)}.new-`));
  for (const name of left) rmSync(join(dirname(target), name), { recursive: true, force: true });
  const beside = mkdtempSync(`${target}.new-`);
  try {
    const archives = join(beside, "archives");
    mkdirSync(archives);
    await alone(`apt-${suite}`, () => download(wanted, archives));
    const root = join(beside, "root");
    for (const name of readdirSync(archives).sort()) await run("dpkg-deb", ["-x", join(archives, name), root]);
    await finish(root);
    rmSync(target, { recursive: true, force: true });
    renameSync(root, target);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
};
