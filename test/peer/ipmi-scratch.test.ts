import { test, expect } from "vitest";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
describeWithPeer("scratch", await debianPackages("openipmi"), (peer) => {
  test("ask", async () => {
    await using sim = await startIpmiSim(peer, { dcmi: true });
    const driver = createIpmiDriver(systemClock);
    const signal = AbortSignal.timeout(50000);
    const cache = new Map<string, Uint8Array>();
    const t0 = performance.now();
    await using s = await driver.open(driver.options.parse({ host: sim.host, port: sim.port, username: "ADMIN", password: "ADMIN", sensors: "all" }), { device: "x", log: createLog("debug"), cache: { get: (k) => cache.get(k), set: (k, v) => void cache.set(k, v) } }, signal);
    const t1 = performance.now();
    const d = await s.describe(signal);
    console.log("open", t1 - t0, "describe", performance.now() - t1);
    console.log(JSON.stringify(d).slice(0, 1500), d.parts.length);
    const wanted = d.parts.flatMap((p) => p.points.map((point) => ({ part: p.id, point })));
    const r = await s.read(wanted, signal);
    console.log(r.length, JSON.stringify(r.slice(0, 16)));
    const on = [{ part: "chassis", point: "chassis.on" } as const];
    for (let k = 0; k < 4; k++) {
    { const c = process.cpuUsage(); const n = 100; for (let i = 0; i < n; i++) await s.read(wanted, signal); const e = process.cpuUsage(c); console.log("refresh ms", (e.user + e.system) / 1000 / n); }
    { const c = process.cpuUsage(); const n = 3000; for (let i = 0; i < n; i++) await s.read(on, signal); const e = process.cpuUsage(c); console.log("device id ms", (e.user + e.system) / 1000 / n); }
    }
    expect(1).toBe(1);
  }, 60000);
});
