import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultOf, give, isOn, openBmc, patience } from "./ipmi-session.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import { describeWithPeer, type Peer, pythonPackages } from "./provision.ts";

interface Pyghmi extends AsyncDisposable {
  readonly port: number;
  journal(): readonly string[];
}

const startPyghmi = async (peer: Peer): Promise<Pyghmi> => {
  const folder = mkdtempSync(join(tmpdir(), "ipmi-pyghmi-"));
  const file = join(folder, "journal");
  const port = await freePort("udp");
  const process = await startProcess(peer.bin("python"), [join(import.meta.dirname, "ipmi-pyghmi.py"), String(port), file], { env: peer.env, ready: "ready" });
  return {
    port,
    journal: () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []),
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

describeWithPeer("a BMC by pyghmi", await pythonPackages("pyghmi"), (peer) => {
  test("switches on and off with suite 3", async () => {
    await using bmc = await startPyghmi(peer);
    await using session = await openBmc({ port: bmc.port, suites: [3] });
    expect(await isOn(session)).toBe(false);
    await give(session, "chassis.on");
    expect(await isOn(session)).toBe(true);
    await give(session, "chassis.reset");
    await give(session, "chassis.shutdown");
    expect(await isOn(session)).toBe(false);
    expect(bmc.journal()).toEqual(["on", "reset", "soft"]);
  });

  test("has no sensors and no inventory, and is described all the same", async () => {
    await using bmc = await startPyghmi(peer);
    await using session = await openBmc({ port: bmc.port, suites: [3] });
    const { parts } = await session.describe(patience());
    expect(parts.map(({ id }) => id)).toEqual(["chassis"]);
    expect(parts[0]?.points).toContain("chassis.on");
  });

  test("answers suite 17 with the algorithms of suite 3: a downgrade, refused", async () => {
    await using bmc = await startPyghmi(peer);
    const fault = await faultOf(openBmc({ port: bmc.port }));
    expect(fault.kind).toBe("denied");
    expect(fault.message).toMatch(/downgrade is refused/);
  });

  test("a wrong password is denied", async () => {
    await using bmc = await startPyghmi(peer);
    expect((await faultOf(openBmc({ port: bmc.port, suites: [3], password: "wrong" }))).kind).toBe("denied");
  });
});
