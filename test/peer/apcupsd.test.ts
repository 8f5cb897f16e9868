import { expect, test } from "vitest";
import type { Value } from "#domain/capability.ts";
import type { Description } from "#domain/device.ts";
import { createApcupsdDriver } from "#driver/apcupsd/apcupsd-driver.ts";
import { fieldOf } from "#driver/apcupsd/field.ts";
import { systemClock } from "#platform/clock.ts";
import { smartUps, startApcupsd as startDouble } from "#test/transport/apcupsd-double.ts";
import { runCli } from "#test/cli/cli-rig.ts";
import { flag, statusText } from "#test/transport/apcupsd-status-text.ts";
import { type Apcupsd, startApcupsd } from "./apcupsd-rig.ts";
import { startSnmpUps } from "./apcupsd-snmp-ups.ts";
import { faultOf, type Opened, openUps } from "./nut-open.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const open = (daemon: { readonly port: number }): Promise<Opened> => openUps({ port: daemon.port }, createApcupsdDriver(systemClock) as never);
const knows = (daemon: Apcupsd): Promise<true> => until(async () => (await daemon.access()).get("STATUS") !== "", "apcupsd has heard its UPS");

/** What apcaccess prints as we mean it; the ground of the comparison, so made apart from the driver. */
const meant = (text: string, value: Value): Value => {
  if (typeof value === "number") return Math.round(Number.parseFloat(text) * (text.includes("Minutes") ? 60 : 1) * 1000) / 1000;
  const moment = /^\d{4}-\d{2}-\d{2} \d/.test(text) ? Date.parse(text.replace(/^(\S+) (\S+) (\S+)$/, "$1T$2$3")) : undefined;
  return moment === undefined ? text : (value as string).replace(/[+-]\d{2}:\d{2}$/, text.slice(-5).replace(/(\d{2})$/, ":$1"));
};

/** What apcaccess and we say of the same daemon: how many fields agree, which differ, and which only apcaccess tells. */
const compare = async (
  daemon: Apcupsd,
): Promise<{ readonly same: number; readonly differ: readonly string[]; readonly untold: readonly string[]; readonly description: Description }> => {
  await using ups = await open(daemon);
  const description = await ups.describe();
  // Its clock may tick between the two.
  for (;;) {
    const before = await daemon.access();
    const ours = await ups.everything();
    const theirs = await daemon.access();
    if (before.get("DATE") !== theirs.get("DATE") || before.get("TONBATT") !== theirs.get("TONBATT")) continue;
    const differ: string[] = [];
    const untold: string[] = [];
    let same = 0;
    for (const [name, text] of theirs) {
      const field = fieldOf(name);
      const value = field && ours.get(`${field.part} ${field.point}`);
      if (value === undefined) untold.push(`${name} ${text}`);
      else if (name === "SELFTEST" ? value === "Passed" && text === "OK" : value === meant(text, value)) same++;
      else differ.push(`${name}: ${String(value)} instead of ${text}`);
    }
    return { same, differ, untold, description };
  }
};
/** Who the UPS is and how it is stand elsewhere; a frame is no field. */
const elsewhere = /^(APC|END APC|MODEL|STATUS|SERIALNO|FIRMWARE) /;

describeWithPeer("a UPS behind a real apcupsd", await debianPackages("apcupsd"), (peer) => {
  test.for([
    ["test", 46, ["MBATTCHG -1 Percent", "MINTIMEL -1 Minutes", "SENSE Unknown", "XOFFBATT N/A", "NOMINV 0 Volts", "NOMPOWER 0 Watts", "NOMAPNT 0 VA"]],
    ["snmp", 40, ["MBATTCHG -1 Percent", "MINTIMEL -1 Minutes", "XOFFBATT N/A"]],
    ["net", 35, ["MBATTCHG -1 Percent", "MINTIMEL -1 Minutes", "XOFFBATT N/A"]],
    ["dumb", 13, ["MBATTCHG -1 Percent", "MINTIMEL -1 Minutes", "XOFFBATT N/A"]],
  ] as const)("UPSTYPE %s: every field that apcaccess prints reads the same here", async ([type, least, sentinels]) => {
    await using card = await startSnmpUps();
    await using master = await startApcupsd(peer, {
      type: type === "net" ? "snmp" : type,
      device: type === "net" || type === "snmp" ? card.device : "/dev/null",
    });
    await knows(master);
    await using slave = type === "net" ? await startApcupsd(peer, { type, device: `127.0.0.1:${master.port}` }) : undefined;
    const daemon = slave ?? master;
    await knows(daemon);
    const { same, differ, untold, description } = await compare(daemon);
    process.stdout.write(`apcupsd ${type}: ${same} fields are the same as apcaccess prints them, ${untold.length} are not told as a reading\n`);
    expect(differ).toEqual([]);
    expect(untold.filter((line) => !elsewhere.test(line))).toEqual(sentinels);
    expect(same).toBeGreaterThanOrEqual(least);
    const printed = await daemon.access();
    expect(description.model).toBe(printed.get("MODEL"));
    expect(description.serial).toBe(printed.get("SERIALNO"));
    expect(description.firmware).toBe(printed.get("FIRMWARE"));
  });

  test("identify finds it, and gives the entry to paste", async () => {
    await using daemon = await startApcupsd(peer, { type: "test" });
    await knows(daemon);
    const { code, out } = await runCli(["identify", "127.0.0.1", "--driver", "apcupsd", "--set", `port=${daemon.port}`]);
    expect(code).toBe(0);
    expect(out).toContain("apcupsd: Test Driver, serial NO-123456, firmware Rev 1.0");
    expect(out).toContain(`port: ${daemon.port}`);
    expect(out).toMatch(/LOTRANS.*190/);
  });

  test("mains go, the battery runs low, apcupsd loses the card and finds it again: each is told, and never an old number", async () => {
    await using card = await startSnmpUps();
    await using daemon = await startApcupsd(peer, { type: "snmp", device: card.device });
    await knows(daemon);
    await using ups = await open(daemon);
    await ups.describe();
    const wanted = await ups.describe().then(({ parts }) => parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point }))));
    const now = (): Promise<ReadonlyMap<string, Value>> => ups.read(...wanted);
    expect(Object.fromEntries(await now())).toMatchObject({ "ups ups.state": "online", "ups ups.onBattery": false, "ups ups.timeOnBattery": 0 });
    card.be("onBattery");
    await until(async () => (await now()).get("ups ups.state") === "on-battery", "on battery");
    await until(async () => Number((await now()).get("ups ups.timeOnBattery")) > 0, "time on battery counts");
    expect(Object.fromEntries(await now())).toMatchObject({ "input meter.voltage": 0, "ups ups.lastTransferReason": "Low line voltage" });
    expect(Date.parse(String((await now()).get("ups ups.lastTransfer")))).toBeGreaterThan(Date.now() - 60_000);
    card.be("idle");
    await until(async () => (await now()).get("ups ups.state") === "online", "the mains are back");
    card.be("silent");
    await until(async () => (await now()).get("ups ups.state") === "communication-lost", "apcupsd has lost its UPS", 30_000);
    expect((await daemon.access()).get("LINEV")).toBe("231.0 Volts");
    expect([...(await now()).keys()].filter((key) => !key.startsWith("variable/EVENT"))).toEqual([
      "ups ups.status",
      "ups ups.state",
      "ups ups.communicationLost",
    ]);
    expect(String((await now()).get("variable/EVENT variable.text"))).toMatch(/Communications with UPS lost\.$/);
    await using late = await open(daemon);
    const { parts } = await late.describe();
    expect(parts.map(({ id }) => id)).toEqual(["ups", "variable/EVENT"]);
    card.be("idle");
    await until(async () => (await now()).get("ups ups.state") === "online", "apcupsd has found its UPS", 30_000);
    expect((await now()).get("input meter.voltage")).toBe(231);
    await late.read({ part: "ups", point: "ups.state" });
    expect(late.session.outdated).toBe(true);
    expect((await late.everything()).get("ups ups.charge")).toBe(97);
  });

  test("apcupsd shuts down when it loses a UPS that was low: both are told", async () => {
    await using card = await startSnmpUps();
    await using daemon = await startApcupsd(peer, { type: "snmp", device: card.device });
    await knows(daemon);
    await using ups = await open(daemon);
    await ups.describe();
    const state = async (): Promise<unknown> => (await ups.read({ part: "ups", point: "ups.state" })).get("ups ups.state");
    card.be("low");
    await until(async () => (await state()) === "low-battery", "low battery");
    card.be("silent");
    await until(async () => (await daemon.access()).get("STATUS") === "SHUTTING DOWN", "apcupsd shuts down", 30_000);
    expect((await ups.read({ part: "ups", point: "ups.forcedShutdown" })).get("ups ups.forcedShutdown")).toBe(true);
    card.be("idle");
    await until(async () => (await state()) === "forced-shutdown", "what apcupsd has begun goes on when the card answers again", 30_000);
  });

  test("another UPS on the same apcupsd is told as another; a daemon that has ended is nobody there", async () => {
    await using first = await startSnmpUps();
    await using second = await startSnmpUps("XX2026000001");
    const old = await startApcupsd(peer, { type: "snmp", device: first.device });
    await knows(old);
    await using ups = await open(old);
    await ups.describe();
    await old[Symbol.asyncDispose]();
    expect(await faultOf(ups.read({ part: "ups", point: "ups.load" }))).toMatchObject({ kind: "unreachable" });
    await using daemon = await startApcupsd(peer, { type: "snmp", device: second.device }, old.port);
    await knows(daemon);
    expect((await faultOf(ups.read({ part: "ups", point: "ups.load" }))).message).toContain("serial number XX2026000001 instead of AS1907123456");
  });

  test("STATUS is what our table of STATFLAG's bits says that apcupsd writes for them", async () => {
    // A slave takes these bits from its master; with the others it would shut down, or they are its own.
    const bits = [0x01, 0x04, 0x20, flag.hasBattery];
    const chosen = Array.from({ length: 2 ** (bits.length + 1) }, (_, at) =>
      bits.reduce((flags, bit, place) => ((at & (2 << place)) === 0 ? flags : flags | bit), 0x0100_0000 | (at % 2 === 0 ? 0x08 : 0x10)),
    );
    const mask = bits.reduce((all, bit) => all | bit, 0x18);
    const shown = new Set<string>();
    const show = async (flags: number): Promise<void> => {
      await using master = await startDouble({ ...smartUps, STATFLAG: `0x${flags.toString(16)}` });
      await using slave = await startApcupsd(peer, { type: "net", device: `127.0.0.1:${master.port}` });
      const printed = await until(async () => {
        const all = await slave.access();
        return (Number(all.get("STATFLAG")) & mask) === (flags & mask) && all;
      }, "the slave has taken its master's flags");
      expect(printed.get("STATUS")).toBe(statusText(Number(printed.get("STATFLAG"))));
      shown.add(printed.get("STATUS") ?? "");
    };
    for (let at = 0; at < chosen.length; at += 8) await Promise.all(chosen.slice(at, at + 8).map(show));
    process.stdout.write(`apcupsd writes ${shown.size} different STATUS as the table says, such as ${[...shown].slice(-2).join(" and ")}\n`);
    expect(shown.size).toBe(32);
  });
});
