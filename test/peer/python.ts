import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { alone, cacheFolder } from "./cache.ts";
import { debianPackages } from "./debian-peer.ts";
import { unpackDebian } from "./debian.ts";
import { run } from "./run.ts";

const ready = ".ready";

const works = async (program: string, ...args: readonly string[]): Promise<boolean> => {
  try {
    await run(program, args, { ms: 20_000 });
    return true;
  } catch {
    return false;
  }
};

/** Debian's Python comes without pip and venv; pip then runs from the package that carries it for others. */
const uvByWheel = async (into: string): Promise<void> => {
  const peer = await debianPackages("python3");
  if (!peer.ok) throw new Error(peer.why);
  const wheels = join(peer.root, "usr/share/python-wheels");
  const [pip = ""] = readdirSync(wheels).filter((name) => name.startsWith("pip-"));
  await run("python3", ["-m", "pip", "install", "-q", "--target", into, "uv"], { ms: 180_000, env: { PYTHONPATH: join(wheels, pip) } });
};

/** `uv`, the machine's own or one from PyPI in the cache. */
export const uv = async (): Promise<string> => {
  const own = join(cacheFolder(), "uv");
  const program = join(own, "bin", "uv");
  if (existsSync(join(own, ready))) return program;
  if (await works("uv", "--version")) return "uv";
  return await alone("uv", async () => {
    if (existsSync(join(own, ready))) return program;
    rmSync(own, { recursive: true, force: true });
    if (await works("python3", "-m", "venv", own)) await run(join(own, "bin", "python"), ["-m", "pip", "install", "-q", "uv"], { ms: 180_000 });
    else await uvByWheel(own);
    await run(program, ["--version"]);
    writeFileSync(join(own, ready), "");
    return program;
  });
};

const usable = "import sys, ssl, sqlite3, ctypes, zlib; sys.exit(sys.version_info[:2] != (3, 14))";

/** A standalone build, where its host can be reached. */
const python314ByUv = async (): Promise<string | undefined> => {
  const env = { UV_PYTHON_INSTALL_DIR: join(cacheFolder(), "uv-python"), UV_HTTP_TIMEOUT: "60", UV_HTTP_RETRIES: "0" };
  try {
    await run(await uv(), ["python", "install", "-q", "--no-bin", "3.14"], { ms: 300_000, env });
    return (await run(await uv(), ["python", "find", "--managed-python", "3.14"], { env })).trim();
  } catch {
    return undefined;
  }
};

/** Only programs and maintenance of a system: here the C library comes along, because it is newer than the machine's. */
const notForPython = /^(?!lib|python|zlib|openssl-provider|media-types|tzdata|gcc-.*-base)/;

/** Debian's, with its own C library and dynamic loader, so that it runs on an older release. */
const python314ByDebian = async (suite: string): Promise<string> => {
  const target = join(cacheFolder(), "debian", suite, "python3.14");
  const python = join(target, "usr/bin/python3.14p");
  if (existsSync(python)) return python;
  const patchelf = await debianPackages("patchelf");
  if (!patchelf.ok) throw new Error(patchelf.why);
  const finish = async (root: string): Promise<void> => {
    const [folder = ""] = readdirSync(join(root, "usr/lib")).filter((name) => name.includes("-linux-gnu"));
    const [loader = ""] = readdirSync(join(root, "usr/lib", folder)).filter((name) => name.startsWith("ld-linux-"));
    const copy = join(root, "usr/bin/python3.14p");
    copyFileSync(join(root, "usr/bin/python3.14"), copy);
    const libraries = join(target, "usr/lib", folder);
    await run(patchelf.bin("patchelf"), ["--set-interpreter", join(libraries, loader), "--force-rpath", "--set-rpath", libraries, copy], { env: patchelf.env });
  };
  const packages = ["python3.14", "python3.14-venv", "libturbojpeg0", "tzdata"];
  await alone("python3.14", async () => {
    if (!existsSync(python)) await unpackDebian({ suite, packages, target, leaveOut: notForPython, finish });
  });
  return python;
};

/** Python 3.14: the machine's own, else a standalone build, else Debian's. Whichever it is, it is remembered. */
export const python314 = async (): Promise<string> => {
  const note = join(cacheFolder(), "python3.14-path");
  const known = existsSync(note) ? readFileSync(note, "utf8") : "python3.14";
  if (await works(known, "-c", usable)) return known;
  const python = (await python314ByUv()) ?? (await python314ByDebian("forky"));
  await run(python, ["-c", usable]);
  writeFileSync(note, python);
  return python;
};

/** Makes an environment once and gives its folder. `python` is the interpreter to build on. */
export const makeEnvironment = async (environment: string, requirements: readonly string[], python = "python3"): Promise<string> => {
  const key = createHash("sha256")
    .update(JSON.stringify([requirements, python]))
    .digest("hex")
    .slice(0, 8);
  const root = join(cacheFolder(), "python", `${environment}-${key}`);
  if (existsSync(join(root, ready))) return root;
  return await alone(`python-${environment}`, async () => {
    if (existsSync(join(root, ready))) return root;
    // Programs in an environment name their interpreter by its whole path, so it is built in its place and the marker comes last.
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, ".."), { recursive: true });
    const tool = await uv();
    await run(tool, ["venv", "-q", "--python", python, root], { ms: 60_000 });
    await run(tool, ["pip", "install", "-q", "--python", join(root, "bin", "python"), ...requirements], {
      ms: 600_000,
      env: { UV_CACHE_DIR: join(cacheFolder(), "uv-cache") },
    });
    writeFileSync(join(root, ready), "");
    return root;
  });
};
