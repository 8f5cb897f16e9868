import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Value } from "#domain/capability.ts";
import { createApcupsdDriver } from "#driver/apcupsd/apcupsd-driver.ts";
import { fieldOf } from "#driver/apcupsd/field.ts";
import { reportOf } from "#driver/apcupsd/report.ts";
import { systemClock } from "#platform/clock.ts";
import { askNis } from "#transport/apcupsd/ask.ts";
import { type Apcupsd, startApcupsd } from "./apcupsd-rig.ts";
import { startSnmpUps } from "./apcupsd-snmp-ups.ts";
import { openUps, soon } from "./nut-open.ts";
import { debianPackages, describeWithPeer, gatherPeers, type Peer, pythonPackages } from "./provision.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

const knows = (daemon: Apcupsd): Promise<true> => until(async () => (await daemon.access()).get("STATUS") !== "", "apcupsd has heard its UPS");
const everything = async (daemon: Apcupsd): Promise<ReadonlyMap<string, Value>> => {
  await using ups = await openUps({ port: daemon.port }, createApcupsdDriver(systemClock) as never);
  return await ups.everything();
};

/** What NUT's driver for apcupsd says of the UPS once it has read it. */
const nutsView = async (peer: Peer, port: number): Promise<ReadonlyMap<string, string>> => {
  const folder = mkdtempSync(join(tmpdir(), "apcupsd-nut-"));
  try {
    writeFileSync(join(folder, "ups.conf"), `maxretry=1\n[rig]\n  driver=apcupsd-ups\n  port=127.0.0.1:${port}\n`);
    const env = { ...peer.env, NUT_CONFPATH: folder, NUT_STATEPATH: folder, NUT_PIDPATH: folder, NUT_ALTPIDPATH: folder };
    const user = process.getuid?.() === 0 ? ["-u", "root"] : [];
    const text = await run(peer.bin("apcupsd-ups"), ["-a", "rig", ...user, "-d", "1"], { env, ms: 20_000 });
    return new Map(
      text.split("\n").flatMap((line) => (/^[a-z]\S*: /.test(line) ? [[line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const] : [])),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What is the same in both; NUT's `ups.status` and `ups.test.result` are compared apart. */
const pairs: readonly (readonly [ours: string, theirs: string])[] = [
  ["ups ups.charge", "battery.charge"],
  ["ups ups.runtime", "battery.runtime"],
  ["ups ups.load", "ups.load"],
  ["ups ups.batteryDate", "battery.date"],
  ["ups ups.nominalPower", "ups.realpower.nominal"],
  ["ups ups.nominalApparentPower", "ups.power.nominal"],
  ["ups sensor.temperature", "ups.temperature"],
  ["battery meter.voltage", "battery.voltage"],
  ["input meter.voltage", "input.voltage"],
  ["input meter.frequency", "input.frequency"],
  ["output meter.voltage", "output.voltage"],
  ["output meter.current", "output.current"],
  ["variable/NOMBATTV variable.number", "battery.voltage.nominal"],
  ["variable/RETPCT variable.number", "battery.charge.restart"],
  ["variable/HITRANS variable.number", "input.transfer.high"],
  ["variable/LOTRANS variable.number", "input.transfer.low"],
  ["variable/MAXLINEV variable.number", "input.voltage.maximum"],
  ["variable/MINLINEV variable.number", "input.voltage.minimum"],
  ["variable/NOMOUTV variable.number", "output.voltage.nominal"],
  ["variable/LOADAPNT variable.number", "power.percent"],
  ["variable/DSHUTD variable.number", "ups.delay.shutdown"],
  ["variable/DWAKE variable.number", "ups.delay.start"],
  ["variable/UPSNAME variable.text", "ups.id"],
  ["variable/MANDATE variable.text", "ups.mfr.date"],
  ["variable/STESTI variable.text", "ups.test.interval"],
];

const nut = await gatherPeers({ apcupsd: debianPackages("apcupsd"), nut: debianPackages("nut-server") });
describeWithPeer("beside NUT's driver for apcupsd", nut.together, () => {
  test.for([
    ["test", "idle", 23],
    ["snmp", "idle", 21],
    ["snmp", "onBattery", 21],
    ["snmp", "low", 21],
  ] as const)("UPSTYPE %s, %s: every value that both tell is the same", async ([type, state, least]) => {
    await using card = await startSnmpUps();
    card.be(state);
    await using daemon = await startApcupsd(nut.peers.apcupsd, { type, device: type === "snmp" ? card.device : "/dev/null" });
    await knows(daemon);
    const theirs = await nutsView(nut.peers.nut, daemon.port);
    const ours = await everything(daemon);
    const both = pairs.flatMap(([our, their]) => {
      const [one, other] = [ours.get(our), theirs.get(their)];
      return one === undefined || other === undefined ? [] : [{ our, one, other: typeof one === "number" ? Number(other) : other }];
    });
    process.stdout.write(`NUT's apcupsd-ups and we tell ${both.length} values of UPSTYPE ${type}, ${state}, the same\n`);
    expect(both.filter(({ one, other }) => one !== other)).toEqual([]);
    expect(both.length).toBeGreaterThanOrEqual(least);
    const words = (ours.get("ups ups.status") as readonly string[]).filter((word) => word !== "NOBATT");
    // To NUT a UPS without a battery is one in bypass, which apcupsd does not say; here it is an alarm.
    expect(words.map((word) => (word === "ALARM" ? "BYPASS" : word)).toSorted()).toEqual(theirs.get("ups.status")?.split(" ").toSorted());
  });
});

const library = await gatherPeers({ apcupsd: debianPackages("apcupsd"), library: pythonPackages("aioapcaccess") });
describeWithPeer("beside the library of Home Assistant's own integration", library.together, () => {
  test("it reads the same fields and texts of the same daemon", async () => {
    await using daemon = await startApcupsd(library.peers.apcupsd, { type: "test" });
    await knows(daemon);
    const judge = fileURLToPath(new URL("apcupsd-judge.py", import.meta.url));
    const theirs = JSON.parse(await run(library.peers.library.bin("python"), [judge, String(daemon.port)])) as Readonly<Record<string, string>>;
    const ours = reportOf(await askNis(systemClock, { host: "127.0.0.1", port: daemon.port }, "status", soon()));
    const ticking = ["APC", "DATE", "END APC"];
    const still = (fields: Iterable<readonly [string, string]>): Readonly<Record<string, string>> =>
      Object.fromEntries([...fields].filter(([name]) => !ticking.includes(name)));
    expect(still(ours)).toEqual(still(Object.entries(theirs)));
    expect(ours.size).toBe(Object.keys(theirs).length);
    process.stdout.write(`aioapcaccess and we read the same ${ours.size} fields\n`);
    expect(ours.size).toBeGreaterThan(50);
  });
});

describeWithPeer("beside Home Assistant's own integration", await pythonPackages("homeassistant"), (peer) => {
  test("nothing that it shows as a sensor is missing here", async () => {
    const where = await run(peer.bin("python"), ["-c", "import homeassistant, os; print(os.path.dirname(homeassistant.__file__))"]);
    const source = readFileSync(join(where.trim(), "components", "apcupsd", "sensor.py"), "utf8");
    const names = [...source.matchAll(/^ {4}"(?<key>[a-z0-9 ]+)": SensorEntityDescription/gm)].map(({ groups }) => (groups?.["key"] ?? "").toUpperCase());
    expect(names.length).toBeGreaterThan(50);
    // Its status is not one text, but the words and flags of every UPS here.
    expect(names.filter((name) => fieldOf(name) === undefined)).toEqual(["STATUS"]);
    process.stdout.write(`Home Assistant's own integration has ${names.length} sensors, and each is here\n`);
  });
});
