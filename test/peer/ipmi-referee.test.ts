import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startMachine } from "./ipmi-machine.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

/** ipmitool starts four times as fast with a short list of enterprises in its home. */
const home = mkdtempSync(join(tmpdir(), "ipmi-home-"));
const misc = join(home, ".local/usr/share/misc");
mkdirSync(misc, { recursive: true });
writeFileSync(join(misc, "enterprise-numbers.txt"), "0\n  Reserved\n    IANA\n      -\n");

const password = "twenty bytes of it!!";

describeWithPeer("our simulated BMC, judged by ipmitool and ipmipower", await debianPackages("ipmitool", "freeipmi-tools"), (peer) => {
  const env = { ...peer.env, HOME: home, IPMI_PASSWORD: password };
  const ipmitool = (port: number, suite: readonly string[], ...args: readonly string[]): Promise<string> =>
    run(peer.bin("ipmitool"), ["-I", "lanplus", ...suite, "-H", "127.0.0.1", "-p", String(port), "-U", "admin", "-E", "-N", "1", "-R", "2", ...args], {
      env,
      ms: 20_000,
    });
  const ipmipower = (port: number, suite: string, verb: string): Promise<string> =>
    run(peer.bin("ipmipower"), ["-D", "LAN_2_0", "-I", suite, "-h", `127.0.0.1:${port}`, "-u", "admin", "-p", password, verb], { env, ms: 20_000 });
  const machine = (): ReturnType<typeof startMachine> => startMachine({ username: "admin", password });

  test.each([
    ["suite 17", ["-C", "17"]],
    ["suite 3", ["-C", "3"]],
    ["the suite that the BMC offers first", []],
  ])("ipmitool works with %s", async (_name, suite) => {
    await using bmc = await machine();
    const ask = (...args: readonly string[]): Promise<string> => ipmitool(bmc.port, suite, ...args);
    expect(await ask("chassis", "power", "status")).toBe("Chassis Power is off\n");
    for (const verb of ["on", "cycle", "reset", "diag", "soft", "on", "off"]) await ask("chassis", "power", verb);
    await ask("chassis", "identify", "5");
    expect(bmc.journal).toEqual(["on", "cycle", "reset", "diag", "shutdown", "on", "off", "identify"]);
    expect(await ask("-c", "sdr", "list", "full")).toBe("CPU Temp,-7,degrees C,ok\nFAN1,5200,RPM,ok\n12V,12.028,Volts,ok\nPSU1 Power,132,Watts,ok\n");
    expect(await ask("dcmi", "power", "reading")).toMatch(/Instantaneous power reading: +123 Watts/);
    expect(await ask("fru", "print", "0")).toMatch(/Product Manufacturer +: Rack\n Product Name +: Node\n Product Serial +: S1\n$/);
    expect(await ask("sel", "info")).toMatch(/Entries +: 0/);
    expect(await ask("mc", "info")).toMatch(/IPMI Version +: 2.0/);
    expect(bmc.server.sessions).toBe(0);
  });

  test("it says no as a BMC does", async () => {
    await using bmc = await machine();
    await expect(ipmitool(bmc.port, ["-C", "17"], "chassis", "power", "cycle")).rejects.toThrow(/not supported in present state/i);
    await expect(ipmitool(bmc.port, ["-C", "17"], "-v", "-P", "wrong", "chassis", "status")).rejects.toThrow(/HMAC is invalid/);
    await expect(ipmitool(bmc.port, ["-C", "17"], "-v", "-U", "nobody", "chassis", "status")).rejects.toThrow(/unauthorized name/);
    await expect(ipmitool(bmc.port, ["-C", "0"], "chassis", "status")).rejects.toThrow();
    expect(bmc.journal).toEqual([]);
    expect(bmc.server.sessions).toBe(0);
  });

  test.each(["17", "3"])("ipmipower works with suite %s", async (suite) => {
    await using bmc = await machine();
    expect(await ipmipower(bmc.port, suite, "--stat")).toMatch(/: off/);
    expect(await ipmipower(bmc.port, suite, "--on")).toMatch(/: ok/);
    expect(await ipmipower(bmc.port, suite, "--stat")).toMatch(/: on/);
    expect(bmc.journal).toEqual(["on"]);
  });
});
