// Runs before every npm script, on any Node from 20 on, with nothing installed yet: makes node_modules fit package-lock.json.
// It brings Node 24 too (the package `node`), which is what the scripts themselves run on.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const marker = join(modules, ".fits");
const node = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const lock = readFileSync(join(root, "package-lock.json"));
const wanted = `${createHash("sha256").update(lock).digest("hex")} ${process.platform} ${process.arch}\n`;

const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");

const due = Object.entries(JSON.parse(lock).packages).filter(([path]) => path !== "");
const whole = () => existsSync(node) && due.every(([path, { optional }]) => optional === true || existsSync(join(root, path, "package.json")));

/** npm writes this list when it has finished; one that names every package of ours says that somebody installed by hand. */
const installedByHand = () => {
  const text = read(join(modules, ".package-lock.json"));
  if (text === "") return false;
  const there = JSON.parse(text).packages;
  return (
    whole() &&
    due.every(([path, { version, integrity, optional }]) => {
      const found = there[path];
      return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
    })
  );
};

const npm = (...args) => {
  const program = process.env.npm_execpath;
  const [command, first] = program?.endsWith(".js") ? [process.execPath, [program]] : ["npm", []];
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}`);
  process.stderr.write(`\nThe packages could not be installed (npm ${args.join(" ")}). Is the network there? Then run this again.\n`);
  process.exit(1);
};

if (read(marker) !== wanted || !whole()) {
  // The marker goes first and comes last, so that an interrupted installation is never taken for a whole one.
  rmSync(marker, { force: true });
  if (!installedByHand()) {
    process.stderr.write("Installing packages …\n");
    npm("ci");
  }
  // Where scripts of packages are switched off, Node 24 has not been put in its place.
  if (!existsSync(node)) npm("rebuild", "node", "--ignore-scripts=false");
  if (!existsSync(node)) {
    process.stderr.write(`The package "node" has not brought Node 24 (${node} is missing).\n`);
    process.exit(1);
  }
  writeFileSync(marker, wanted);
}
