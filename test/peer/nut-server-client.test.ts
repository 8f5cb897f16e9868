import { expect, test } from "vitest";
import { isAside } from "#domain/nut-variable.ts";
import { until } from "./until.ts";
import { user } from "../publish/nut-user.ts";
import { serveRack, users } from "./nut-served.ts";
import { startUpsd } from "./nut-server-rig.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

const nutAdmin = { username: "admin", password: "correct horse" };

/** A line-interactive UPS with two outlets, as NUT's usbhid-ups shows one (networkupstools/nut-ddl). */
const office: SocketDriverOptions = {
  variables: {
    "ambient.temperature": "21.4",
    "battery.charge": "100",
    "battery.charge.low": "20",
    "battery.charge.warning": "50",
    "battery.date": "2024/05/17",
    "battery.mfr.date": "2024/05/17",
    "battery.runtime": "1840",
    "battery.runtime.low": "120",
    "battery.type": "PbAc",
    "battery.voltage": "27.1",
    "battery.voltage.nominal": "24.0",
    "device.mfr": "EATON",
    "device.model": "Ellipse PRO 1200",
    "device.serial": "G355K48143",
    "device.type": "ups",
    "driver.name": "usbhid-ups",
    "driver.parameter.pollfreq": "30",
    "driver.parameter.port": "auto",
    "driver.version": "2.8.0",
    "driver.version.internal": "0.47",
    "input.frequency": "50.0",
    "input.sensitivity": "normal",
    "input.transfer.high": "290",
    "input.transfer.low": "165",
    "input.transfer.reason": "input voltage out of range",
    "input.voltage": "231.4",
    "input.voltage.nominal": "230",
    "outlet.1.desc": "PowerShare Outlet 1",
    "outlet.1.id": "2",
    "outlet.1.status": "on",
    "outlet.1.switchable": "yes",
    "outlet.2.desc": "PowerShare Outlet 2",
    "outlet.2.id": "3",
    "outlet.2.status": "off",
    "outlet.2.switchable": "no",
    "outlet.desc": "Main Outlet",
    "outlet.switchable": "no",
    "output.current": "0.62",
    "output.frequency": "50.0",
    "output.voltage": "230.1",
    "ups.beeper.status": "enabled",
    "ups.delay.shutdown": "20",
    "ups.delay.start": "30",
    "ups.firmware": "03.08.0018",
    "ups.load": "12.5",
    "ups.mfr": "EATON",
    "ups.model": "Ellipse PRO 1200",
    "ups.power": "149",
    "ups.power.nominal": "1200",
    "ups.productid": "ffff",
    "ups.realpower": "142",
    "ups.realpower.nominal": "720",
    "ups.serial": "G355K48143",
    "ups.start.auto": "yes",
    "ups.status": "OL CHRG",
    "ups.test.result": 'Done and "passed" \\ 1',
    "ups.timer.start": "-60",
    "ups.vendorid": "0463",
  },
  commands: [
    "beeper.disable",
    "beeper.enable",
    "beeper.mute",
    "load.off",
    "load.off.delay",
    "load.on",
    "load.on.delay",
    "shutdown.return",
    "test.battery.start.quick",
  ],
  writables: {
    "battery.charge.low": { ranges: [[10, 50]] },
    "input.sensitivity": { longest: 6, values: ["low", "normal", "high"] },
    "ups.delay.start": {},
    "outlet.2.desc": { longest: 20 },
  },
};

const pairs = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split("\n").flatMap((line) => (line.includes(": ") ? [[line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)] as const] : [])));
const decimal = /^-?\d+(\.\d+)?$/;
const meant = (text: string | undefined): string | number | undefined => (text !== undefined && decimal.test(text) ? Number(text) : text);

describeWithPeer("NUT's own clients at our server", await debianPackages("nut-server"), (peer) => {
  /** With what it says to people, as upscmd and upsrw end well whatever became of it. */
  const told = (program: string, ...args: readonly string[]): Promise<string> =>
    run("/bin/sh", ["-c", '"$0" "$@" 2>&1 || true', peer.bin(program), ...args], { env: peer.env });
  const call = (program: string, ...args: readonly string[]): Promise<string> => run(peer.bin(program), args, { env: peer.env });

  test("upsc shows every variable of a UPS as it does at the upsd behind us", async (context) => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using served = await serveRack();
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, ...nutAdmin }, { name: "Office UPS" });
    await served.rig.online("office");
    const theirs = pairs(await call("upsc", `office@127.0.0.1:${upsd.port}`));
    const ours = pairs(await call("upsc", `office@127.0.0.1:${served.server.port}`));
    const shown = [...theirs.keys()].filter((name) => !isAside(name) || ours.has(name));
    expect(Object.fromEntries(shown.map((name) => [name, meant(ours.get(name))]))).toEqual(
      Object.fromEntries(shown.map((name) => [name, meant(theirs.get(name))])),
    );
    const same = shown.filter((name) => ours.get(name) === theirs.get(name));
    void context.annotate(`${shown.length} variables compared, ${same.length} equal to the last digit; ${theirs.size} at upsd, ${ours.size} at ours`);
    expect(shown.length).toBeGreaterThanOrEqual(50);
    expect([...theirs.keys()].filter((name) => !ours.has(name)).every(isAside)).toBe(true);
    expect([...ours.keys()].filter((name) => !theirs.has(name))).toEqual(["output.power", "output.realpower"]);
    expect((await call("upsc", "-L", `127.0.0.1:${served.server.port}`)).trim()).toBe("office: Office UPS");
    await expect(call("upsc", `none@127.0.0.1:${served.server.port}`)).rejects.toThrow("Unknown UPS");
  });

  test("upscmd gives commands that are verified at the UPS, and each user only what he may", async () => {
    await using upsd = await startUpsd(peer, {
      upses: {
        office: {
          ...office,
          obey: (command) => {
            if (command === "beeper.disable") setTimeout(() => upsd.driver("office").set({ "ups.beeper.status": "disabled" }), 50);
            return 0;
          },
        },
      },
    });
    const named = user("named", "word", { commands: ["load.off"] });
    const elsewhere = user("elsewhere", "word2", { commands: "all", set: true, devices: ["other"] });
    await using served = await serveRack({ users: [...users, named, elsewhere] });
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, ...nutAdmin });
    await served.rig.online("office");
    const at = `office@127.0.0.1:${served.server.port}`;
    const give = (name: string, password: string, ...words: readonly string[]): Promise<string> =>
      told("upscmd", "-w", "-t", "20", "-u", name, "-p", password, at, ...words);
    const { given } = upsd.driver("office");
    const names = (list: string): readonly string[] =>
      list
        .split("\n")
        .flatMap((line) => (line.includes(" - ") ? [line.split(" - ")[0] ?? ""] : []))
        .sort();
    expect(names(await call("upscmd", "-l", at))).toEqual(names(await call("upscmd", "-l", `office@127.0.0.1:${upsd.port}`)));
    expect(await give("operator", "horse", "beeper.disable")).toContain("SUCCESS");
    expect((await call("upsc", at, "ups.beeper.status")).trim()).toBe("disabled");
    expect(await give("muter", "mute", "beeper.disable")).toContain("ACCESS-DENIED");
    expect(await give("elsewhere", "word2", "beeper.disable")).toContain("ACCESS-DENIED");
    expect(await give("operator", "wrong", "beeper.disable")).toContain("ACCESS-DENIED");
    expect(await give("operator", "horse", "calibrate.start")).toContain("CMD-NOT-SUPPORTED");
    expect(given).toEqual(["beeper.disable"]);
    // `all` is no name: what drops the load has to be named.
    expect(await give("operator", "horse", "load.off")).toContain("ACCESS-DENIED");
    expect(given).toEqual(["beeper.disable"]);
    const cut = give("named", "word", "load.off");
    await until(() => given.length === 2, "the command that is named reaches the UPS");
    upsd.driver("office").set({ "ups.status": "OFF" });
    expect(await cut).toContain("SUCCESS");
    expect(given).toEqual(["beeper.disable", "load.off"]);
    expect(served.rig.engine.bus.outcomes({ limit: 2 }).map(({ state, command }) => [state, command.by])).toEqual([
      ["confirmed", { via: "nut", user: "named" }],
      ["refused", { via: "nut", user: "named" }],
    ]);
  });

  test("upsrw lists what can be set as at upsd, and sets it", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using served = await serveRack();
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, ...nutAdmin });
    await served.rig.online("office");
    const at = `office@127.0.0.1:${served.server.port}`;
    const facts = (text: string): readonly string[] => text.split("\n").filter((line) => /^(\[|Type|Option|Range|Value|Maximum)/.test(line));
    const listed = facts(await call("upsrw", at));
    expect(listed).toEqual(facts(await call("upsrw", `office@127.0.0.1:${upsd.port}`)));
    expect(listed.filter((line) => line.startsWith("["))).toHaveLength(4);
    const set = (name: string, password: string, setting: string): Promise<string> =>
      told("upsrw", "-w", "-t", "20", "-s", setting, "-u", name, "-p", password, at);
    expect(await set("operator", "horse", "battery.charge.low=35")).toContain("SUCCESS");
    expect(await set("operator", "horse", "input.sensitivity=low")).toContain("SUCCESS");
    expect((await call("upsc", `office@127.0.0.1:${upsd.port}`, "battery.charge.low")).trim()).toBe("35");
    expect(await set("operator", "horse", "battery.charge.low=99")).toContain("INVALID-VALUE");
    expect(await set("operator", "horse", "input.sensitivity=none")).toContain("INVALID-VALUE");
    expect(await set("operator", "horse", "ups.load=1")).toContain("READONLY");
    expect(await set("muter", "mute", "battery.charge.low=30")).toContain("ACCESS-DENIED");
    expect(upsd.driver("office").given).toEqual(["battery.charge.low=35", "input.sensitivity=low"]);
  });
});
