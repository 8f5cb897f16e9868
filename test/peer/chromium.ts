import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { chromium, type Browser } from "playwright-core";

import { cacheFolder } from "./cache.ts";
import { debianPackages, isUnpacked, type Peer, type Provision } from "./debian-peer.ts";

/** This machine under the name that people use at home: unlike 127.0.0.1 it is no trustworthy origin to a browser, which shows less of itself there. */
export const homeHost = "homeassistant.local";

/** Where a person's own browser may be. */
const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"] as const;

const own = (): Provision => {
  const found = usual.find((path) => existsSync(path));
  if (found === undefined) return { ok: false, why: "no Chromium here; with CI=true the tests fetch one (113 MB)" };
  return { ok: true, root: "", env: {}, bin: () => found };
};

/**
 * A browser. It is large, so that it is fetched only where nothing may be left out (CI=true); elsewhere the one in the cache or the
 * machine's own is taken.
 */
export const chromiumPeer = async (): Promise<Provision> => (process.env["CI"] === "true" || isUnpacked("chromium") ? debianPackages("chromium") : own());

/** The unpacked fonts are in no place where fontconfig would look. Without a font, text is boxes and has other widths. */
const fontsOf = (root: string): Readonly<Record<string, string>> => {
  if (root === "") return {};
  const folder = join(cacheFolder(), "fontconfig");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "fonts.conf");
  writeFileSync(file, `<fontconfig><dir>${root}/usr/share/fonts</dir><cachedir>${folder}</cachedir></fontconfig>\n`);
  return { FONTCONFIG_FILE: file };
};

/** One library stands in a folder of its own, to which its user points with a path below /usr. */
const librariesOf = ({ root, env }: Peer): Readonly<Record<string, string>> => {
  const folders = (env["LD_LIBRARY_PATH"] ?? "").split(":");
  const more = folders.filter((folder) => folder.startsWith(root)).map((folder) => join(folder, "pulseaudio"));
  return root === "" ? {} : { LD_LIBRARY_PATH: [...folders, ...more].join(":") };
};

/** Starts the browser without a window. */
export const startChromium = (peer: Peer): Promise<Browser> =>
  chromium.launch({
    // Debian's `chromium` is a script that looks for its own files in /usr.
    executablePath: peer.root === "" ? peer.bin("chromium") : join(peer.root, "usr/lib/chromium/chromium"),
    // The sandbox wants privileges that a container and an unpacked package have not.
    chromiumSandbox: false,
    env: { ...process.env, ...peer.env, ...librariesOf(peer), ...fontsOf(peer.root) },
    args: ["--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", `--host-resolver-rules=MAP ${homeHost} 127.0.0.1`],
  });
