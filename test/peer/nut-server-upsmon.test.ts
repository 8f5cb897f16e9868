import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rawAnswer, startUpsd } from "./nut-server-rig.ts";
import { serveRack } from "./nut-served.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";
import { startUpsmon } from "./upsmon.ts";

const variables = { "ups.status": "OL CHRG", "battery.charge": "97" };
const secondary = { user: "watcher", password: "watch", role: "secondary" } as const;
const primary = { user: "boss", password: "boss", role: "primary" } as const;

describeWithPeer("NUT's upsmon at our server", await debianPackages("nut-server"), (peer) => {
  test("sees the mains go and come, and the UPS lost and found", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: { variables } } });
    await using served = await serveRack();
    served.rig.start("office", "nut", { ups: "office", port: upsd.port });
    await served.rig.online("office");
    const order = join(mkdtempSync(join(tmpdir(), "order-")), "order");
    await using watcher = await startUpsmon(peer, order, { system: `office@127.0.0.1:${served.server.port}`, ...secondary });
    const logins = (): Promise<string> => rawAnswer(served.server.port, "GET NUMLOGINS office", "LIST CLIENT office");
    await until(async () => (await logins()).includes("NUMLOGINS office 1\n"), "upsmon is logged in");
    expect(await logins()).toContain("CLIENT office 127.0.0.1\n");
    upsd.driver("office").set({ "ups.status": "OB DISCHRG" });
    await until(() => watcher.notices().includes("ONBATT"), "on battery");
    upsd.driver("office").set({ "ups.status": "OL RB" });
    await until(() => watcher.notices().includes("REPLBATT"), "replace battery");
    upsd.driver("office").stale(true);
    await until(() => watcher.notices().includes("COMMBAD"), "the UPS is lost");
    upsd.driver("office").stale(false);
    await until(() => watcher.notices().includes("COMMOK"), "and found again");
    expect(watcher.notices().filter((kind) => kind !== "REPLBATT")).toEqual(["ONBATT", "ONLINE", "COMMBAD", "COMMOK"]);
    expect(watcher.hasShutDown()).toBe(false);
    await watcher[Symbol.asyncDispose]();
    await until(async () => (await logins()).includes("NUMLOGINS office 0\n"), "upsmon is not counted any more");
    rmSync(order, { force: true });
  });

  test("a primary announces the end, the secondary goes first, and we cut nothing off", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: { variables, commands: ["load.off", "shutdown.return"] } } });
    await using served = await serveRack();
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, username: "admin", password: "correct horse" });
    await served.rig.online("office");
    const folder = mkdtempSync(join(tmpdir(), "order-"));
    const order = join(folder, "order");
    const system = `office@127.0.0.1:${served.server.port}`;
    await using first = await startUpsmon(peer, order, { system, ...primary });
    await using second = await startUpsmon(peer, order, { system, ...secondary });
    await until(async () => (await rawAnswer(served.server.port, "GET NUMLOGINS office")).includes("NUMLOGINS office 2\n"), "both are logged in");
    upsd.driver("office").set({ "ups.status": "OB DISCHRG LB" });
    await until(() => first.hasShutDown() && second.hasShutDown(), "both have shut down", 30_000);
    expect(readFileSync(order, "utf8").split("\n").filter(Boolean)).toEqual(["secondary", "primary"]);
    expect(second.notices()).toContain("FSD");
    expect(await rawAnswer(served.server.port, "GET VAR office ups.status")).toContain('"FSD OB DISCHRG LB"');
    expect(upsd.driver("office").given).toEqual([]);
    expect(served.lines.join("")).toContain("boss announces a forced shutdown");
    rmSync(folder, { recursive: true, force: true });
  });
});
