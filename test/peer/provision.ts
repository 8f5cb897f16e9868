import { existsSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { joined, refused, type Peer, type Provision } from "./debian-peer.ts";
import { pythonPeers } from "./peer-table.ts";
import { makeEnvironment, python314 } from "./python.ts";

export { debianPackages, type Peer, type Provision } from "./debian-peer.ts";

/** A Python environment of its own with these requirements (without any, those of the table), by PyPI: `bin("python")` and the programs that the packages bring. */
export const pythonPackages = async (environment: string, ...requirements: readonly string[]): Promise<Provision> => {
  try {
    const known = pythonPeers[environment];
    const wanted = requirements.length === 0 ? (known?.requirements ?? []) : requirements;
    const root = await makeEnvironment(environment, wanted, known?.python === undefined ? "python3" : await python314());
    const bin = (name: string): string => {
      const path = join(root, "bin", name);
      if (!existsSync(path)) throw new Error(`${root}: no program ${name}`);
      return path;
    };
    return { ok: true, root, env: { VIRTUAL_ENV: root, PATH: joined([join(root, "bin")], "PATH") }, bin };
  } catch (error) {
    return refused(`Python environment ${environment}`, error);
  }
};

/** Several peers under the names that a test gives them, and as one provision: the first that is missing, else any. Only where that is `ok` are the peers. */
export const gatherPeers = async <Name extends string>(
  wanted: Readonly<Record<Name, Promise<Provision>>>,
): Promise<{ readonly peers: Readonly<Record<Name, Peer>>; readonly together: Provision }> => {
  const found = await Promise.all(Object.entries<Promise<Provision>>(wanted).map(async ([name, provision]) => [name, await provision] as const));
  const together = found.find(([, { ok }]) => !ok)?.[1] ?? found[0]?.[1] ?? { ok: false, why: "no peer was asked for" };
  return { peers: Object.fromEntries(found) as Record<Name, Peer>, together };
};

/**
 * For what no package brings: skipped with the reason also where nothing else may be left out. What was learnt from it stands in a test of its own, which
 * always runs.
 */
export const describeWithCheckout = (title: string, provision: Provision, body: (peer: Peer) => void): void => {
  describe(title, () => {
    if (provision.ok) return body(provision);
    test.skip(`no checkout: ${provision.why}`, () => undefined);
  });
};

/** `describe` that runs when the peer is there. Else it reports itself as skipped with the reason; with CI=true it fails, because there nothing may be left out. */
export const describeWithPeer = (title: string, provision: Provision, body: (peer: Peer) => void): void => {
  describe(title, () => {
    if (provision.ok) return body(provision);
    if (process.env["CI"] === "true") test("its peer is there", () => expect.fail(provision.why));
    else test.skip(`no peer: ${provision.why}`, () => undefined);
  });
};
