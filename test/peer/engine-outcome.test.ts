import { expect, test } from "vitest";

import { decodeRequest, tags } from "#simulator/snmp/message.ts";
import { nutAdmin, pduColumns, pduObjects, startEngine, upsWithOutlet } from "./engine-rig.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import type { Outcome } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim, type Snmpsim } from "./snmpsim.ts";
import { udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  ipmi: debianPackages("openipmi"),
});

/** The PDU takes writes and does nothing. */
const deafen = (pdu: Snmpsim): void => {
  const [{ sql = "" } = {}] = pdu.database.prepare("select sql from sqlite_master where name = 'obey'").all() as { sql?: string }[];
  pdu.database.exec("drop trigger obey");
  pdu.database.exec(sql.replace(/update apc set value[^;]*;/, ""));
};

/** Serves one UPS whose outlet `act` switches, or does not. */
const startUps = async (act: (on: boolean, upsd: Upsd) => Outcome): Promise<Upsd> => {
  const upsd: Upsd = await startUpsd(peers.nut, { upses: { office: upsWithOutlet((name) => act(name.endsWith(".on"), upsd)) } });
  return upsd;
};
const show = (upsd: Upsd, on: boolean): void => upsd.driver("office").set({ "outlet.1.status": on ? "on" : "off" });

describeWithPeer("how a command ends", together, () => {
  test.concurrent("confirmed when the device shows it, and unconfirmed when it took the write and did nothing", async () => {
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    await using upsd = await startUps(() => 0);
    await using rig = startEngine();
    rig.start("pdu", "snmp", { port: pdu.port, community: "public" });
    rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
    await rig.online("pdu", "ups");
    expect(await rig.drive("pdu", "outlet/1", "outlet.off")).toMatchObject({ state: "confirmed", writes: 1 });
    expect(rig.value("pdu", "outlet/1", "outlet.on")).toBe(false);
    deafen(pdu);
    const [ofPdu, ofUps] = await Promise.all([rig.drive("pdu", "outlet/2", "outlet.on"), rig.drive("ups", "outlet/1", "outlet.off")]);
    for (const outcome of [ofPdu, ofUps]) expect(outcome).toMatchObject({ state: "unconfirmed", writes: 1 });
    expect(pdu.writes()).toEqual(["1 2", "2 1"]);
    expect(upsd.driver("office").given).toEqual(["outlet.1.load.off"]);
    expect(rig.value("pdu", "outlet/2", "outlet.on")).toBe(false);
    expect(rig.value("ups", "outlet/1", "outlet.on")).toBe(true);
  });

  test.concurrent("confirmed with one write when the device answers with an error and does it all the same", async () => {
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    let asked = 0;
    let lied = 0;
    // Error status and index of a response: two INTEGERs ahead of the list of objects (RFC 3416, section 3).
    const spoil = (answer: Buffer): Buffer => {
      const at = answer.indexOf(Buffer.from([2, 1, 0, 2, 1, 0, 0x30]));
      const copy = Buffer.from(answer);
      if (at > 0) copy.set([2, 1, 5, 2, 1, 1], at);
      if (at > 0) lied++;
      return copy;
    };
    await using relay = await udpRelay({
      to: { host: "127.0.0.1", port: pdu.port },
      act: (direction, datagram) => {
        if (direction === "answer") return asked === tags.set ? spoil(datagram) : "pass";
        asked = decodeRequest(datagram).kind;
        return "pass";
      },
    });
    await using upsd = await startUps((on, server) => (show(server, on), 3));
    await using rig = startEngine();
    rig.start("pdu", "snmp", { port: relay.port, community: "public" });
    rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
    await rig.online("pdu", "ups");
    for (const outcome of await Promise.all([rig.drive("pdu", "outlet/1", "outlet.off"), rig.drive("ups", "outlet/1", "outlet.off")]))
      expect(outcome).toMatchObject({ state: "confirmed", writes: 1, detail: expect.stringContaining("although the device answered") as string });
    expect(lied).toBe(1);
    expect(pdu.writes()).toEqual(["1 2"]);
    expect(upsd.driver("office").given).toEqual(["outlet.1.load.off"]);
  });

  test.concurrent("failed when the device refuses and does nothing, and failed with denied when the password is wrong", async () => {
    await using upsd = await startUps(() => 3);
    await using bmc = await startIpmiSim(peers.ipmi, { sensors: simSensors(1), on: true });
    await using rig = startEngine();
    rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
    rig.start("stranger", "nut", { port: upsd.port, ups: "office", username: "admin", password: "wrong" });
    rig.start("web", "ipmi", { port: bmc.port, username: "ADMIN", password: "wrong" });
    await rig.online("ups", "stranger");
    await until(() => rig.state("web") === "offline", "the BMC refuses");
    expect(await rig.drive("ups", "outlet/1", "outlet.off")).toMatchObject({ state: "failed", fault: "rejected", writes: 1 });
    expect(await rig.drive("stranger", "outlet/1", "outlet.off")).toMatchObject({ state: "failed", fault: "denied", writes: 0 });
    expect(await rig.drive("web", "chassis", "chassis.off")).toMatchObject({ state: "failed", fault: "denied", writes: 0 });
    expect(upsd.driver("office").given).toEqual(["outlet.1.load.off"]);
    expect(bmc.journal()).toEqual([]);
    expect(rig.engine.bus.outcomes({ limit: 10 })).toHaveLength(3);
  });

  test.concurrent("an outlet whose name at the device changed is not switched until the new name is accepted as it stands", async () => {
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    await using rig = startEngine();
    rig.start("pdu", "snmp", { port: pdu.port, community: "public" });
    await rig.online("pdu");
    pdu.set(`${pduColumns.label}.1`, "Router");
    expect(await rig.drive("pdu", "outlet/1", "outlet.off")).toMatchObject({ state: "refused", refusal: "label-changed", writes: 0 });
    await expect(rig.engine.bus.acceptLabel("pdu", "outlet/1", "NAS", { via: "mqtt" })).rejects.toThrow('"Router"');
    expect(await rig.drive("pdu", "outlet/1", "outlet.off")).toMatchObject({ refusal: "label-changed" });
    expect(pdu.writes()).toEqual([]);
    await rig.engine.bus.acceptLabel("pdu", "outlet/1", "Router", { via: "mqtt" });
    expect(await rig.drive("pdu", "outlet/1", "outlet.off")).toMatchObject({ state: "confirmed", writes: 1 });
  });

  test.concurrent("the answer to a write is lost: a PDU and a UPS have seen exactly one write, and the command is confirmed by reading", async () => {
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    let asked = 0;
    const sets = { sent: 0, lost: 0 };
    await using relay = await udpRelay({
      to: { host: "127.0.0.1", port: pdu.port },
      act: (direction, datagram) => {
        if (direction === "answer") return asked === tags.set ? (sets.lost++, "drop") : "pass";
        asked = decodeRequest(datagram).kind;
        if (asked === tags.set) sets.sent++;
        return "pass";
      },
    });
    await using upsd = await startUps((on, server) => (proxy.cut(), show(server, on), 0));
    await using proxy = await startNutProxy(upsd.port);
    await using rig = startEngine();
    rig.start("pdu", "snmp", { port: relay.port, community: "public", timeout: 1 });
    rig.start("ups", "nut", { port: proxy.port, ups: "office", ...nutAdmin });
    await rig.online("pdu", "ups");
    for (const outcome of await Promise.all([rig.drive("pdu", "outlet/1", "outlet.off"), rig.drive("ups", "outlet/1", "outlet.off")]))
      expect(outcome).toMatchObject({ state: "confirmed", writes: 1, detail: expect.stringContaining("although") as string });
    expect(sets).toEqual({ sent: 1, lost: 1 });
    expect(proxy.made).toBe(2);
    expect(pdu.writes()).toEqual(["1 2"]);
    expect(upsd.driver("office").given).toEqual(["outlet.1.load.off"]);
  });

  test.concurrent.each([
    ["chassis.reset", ["reset 1"]],
    ["chassis.cycle", ["power 0", "power 1"]],
    ["chassis.off", ["power 0"]],
  ] as const)("the answer to %s is lost: a BMC has seen it exactly once", async (name, journal) => {
    await using bmc = await startIpmiSim(peers.ipmi, { sensors: simSensors(1), on: true });
    let lost = 0;
    let after = 0;
    await using relay = await udpRelay({
      to: bmc,
      act: (direction) => {
        if (lost === 1) after++;
        return direction === "answer" && lost === 0 && bmc.journal().length > 0 ? (lost++, "drop") : "pass";
      },
    });
    const rig = startEngine();
    rig.start("web", "ipmi", { port: relay.port, username: "ADMIN", password: "ADMIN" });
    await rig.online("web");
    const outcome = rig.drive("web", "chassis", name);
    // The machine is back before the wait for the answer ends, so a cycle could be looked for in vain for a minute.
    await until(() => lost === 1 && bmc.journal().length >= journal.length && after > 6, "done, and asked of again", 20_000);
    await rig[Symbol.asyncDispose]();
    expect(await outcome).toMatchObject({ state: name === "chassis.off" ? "confirmed" : "unconfirmed", writes: 1 });
    expect(bmc.journal()).toEqual(journal);
    expect(lost).toBe(1);
  });
});
