import { expect, test } from "vitest";

import { startMosquitto } from "./mosquitto.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import { configure, listen, type Listener, prepareProgram } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({ nut: debianPackages("nut-server"), mosquitto: debianPackages("mosquitto") });

/** A UPS that says its load, and no watts. Mains are there and gone. */
const mains = { "ups.status": "OL CHRG", "input.voltage": "231" } as const;
const noMains = { "ups.status": "OB DISCHRG", "input.voltage": "0" } as const;
const startOffice = (nominal: number): Promise<Upsd> =>
  startUpsd(peers.nut, { upses: { office: { variables: { ...mains, "ups.load": "50", "ups.realpower.nominal": String(nominal) }, commands: [] } } });

const told = (ear: Listener, part: string, path: readonly [string, string]): readonly unknown[] =>
  ear.messages.flatMap(({ topic, text }) => {
    if (topic !== `rack-power/ups/${part}` || text === "") return [];
    const [capability, point] = path;
    return [(JSON.parse(text) as Record<string, Record<string, unknown>>)[capability]?.[point] ?? null];
  });
const events = (ear: Listener): readonly string[] =>
  ear.messages.flatMap(({ topic, text }) => (topic === "rack-power/ups/ups/event" ? [(JSON.parse(text) as { event_type: string }).event_type] : []));

describeWithPeer("a UPS behind a real upsd, and the program killed again and again", together, () => {
  test("the energy that is worked out never falls, and never exceeds what flowed", async () => {
    // 1800 kW: a kWh in two seconds.
    await using upsd = await startOffice(3_600_000);
    await using broker = await startMosquitto(peers.mosquitto);
    await using ear = await listen(broker.url);
    const device = `driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, interval: 300ms`;
    await using program = await prepareProgram((port) => configure(port, { ups: device }, `mqtt: { url: "${broker.url}" }`));
    const totals = (): readonly number[] => told(ear, "output", ["meter", "energy"]).filter((one) => typeof one === "number");
    const began = performance.now();
    for (let life = 0; life < 4; life++) {
      const before = totals().at(-1) ?? 0;
      await program.start();
      await until(() => (totals().at(-1) ?? 0) > before + 0.5, `more than ${before} kWh`, 20_000);
      expect(await program.kill(life === 2 ? "SIGTERM" : "SIGKILL")).toBe(life === 2 ? 0 : "SIGKILL");
    }
    expect(totals()).toEqual(totals().toSorted((one, other) => one - other));
    expect(totals().at(-1)).toBeLessThanOrEqual((1800 * (performance.now() - began)) / 3_600_000);
    expect(totals().length).toBeGreaterThanOrEqual(8);
    expect(told(ear, "output", ["meter", "power"])).toContain(1_800_000);
  });

  test("an outage is told once, a flicker is none, and a restart in it makes nothing up", async () => {
    await using upsd = await startOffice(900);
    await using broker = await startMosquitto(peers.mosquitto);
    await using ear = await listen(broker.url);
    const device = `driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, interval: 300ms, onBatteryAfter: 2s`;
    await using program = await prepareProgram((port) => configure(port, { ups: device }, `mqtt: { url: "${broker.url}" }`));
    const ups = (point: string): readonly unknown[] => told(ear, "ups", ["ups", point]);
    const { set } = upsd.driver("office");
    await program.start();
    await until(() => ups("onBatteryHeld").at(-1) === false, "on line");

    set(noMains);
    await until(() => ups("onBattery").at(-1) === true, "on battery");
    set(mains);
    await until(() => events(ear).length > 0, "the flicker");
    // The states come before the event that is about them.
    expect([events(ear), ups("onBattery").at(-1), ups("onBatteryHeld").includes(true)]).toEqual([["flicker"], false, false]);

    set(noMains);
    await until(() => ups("onBatteryHeld").at(-1) === true, "held", 10_000);
    await until(() => events(ear).length > 1, "the event");
    const transfer = ups("lastTransfer").at(-1);
    expect([events(ear), transfer, ups("lastTransferReason").at(-1)]).toEqual([["flicker", "on-battery"], expect.any(String), "input failed"]);

    await program.kill("SIGKILL");
    const heard = ups("onBatteryHeld").length;
    await program.start();
    await until(() => ups("onBatteryHeld").slice(heard).includes(true), "held again", 15_000);
    // Never "no": the outage goes on.
    expect(ups("onBatteryHeld").slice(heard)).not.toContain(false);
    expect([events(ear), ups("lastTransfer").at(-1)]).toEqual([["flicker", "on-battery"], transfer]);
    set(mains);
    await until(() => events(ear).length > 2, "the mains");
    expect(events(ear)).toEqual(["flicker", "on-battery", "on-line"]);
    expect(ups("onBatteryHeld").at(-1)).toBe(false);
    expect(ear.messages.filter(({ topic, kept }) => topic.endsWith("/event") && kept)).toEqual([]);
  });
});
