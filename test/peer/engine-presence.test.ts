import { expect, test } from "vitest";

import { nutAdmin, pduObjects, startEngine, upsWithOutlet } from "./engine-rig.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim } from "./snmpsim.ts";
import { udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  ipmi: debianPackages("openipmi"),
});

/** A PDU, a UPS and a BMC that can be away together: the PDU is silent, the other two are ended. */
const startRack = async () => {
  await using starting = new AsyncDisposableStack();
  const pdu = starting.use(await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects()));
  let silent = false;
  let unanswered = 0;
  const relay = starting.use(
    await udpRelay({ to: { host: "127.0.0.1", port: pdu.port }, act: (direction) => (silent ? (direction === "request" && unanswered++, "drop") : "pass") }),
  );
  const upsd = starting.use(await startUpsd(peers.nut, { upses: { office: upsWithOutlet(() => 0) } }));
  const bmc = starting.use(await startIpmiSim(peers.ipmi, { sensors: simSensors(1), on: true }));
  const rig = starting.use(startEngine());
  const running = starting.move();
  return {
    rig,
    begin: (): void => {
      rig.start("pdu", "snmp", { port: relay.port, community: "public", timeout: 0.5 });
      rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
      rig.start("web", "ipmi", { port: bmc.port, username: "ADMIN", password: "ADMIN" });
    },
    leave: async (): Promise<void> => {
      silent = true;
      await Promise.all([upsd.stop(), bmc.stop()]);
    },
    back: async (): Promise<void> => {
      silent = false;
      await Promise.all([upsd.start(), bmc.restart()]);
    },
    unanswered: () => unanswered,
    linesOf: (id: string, word: string) => rig.lines.filter((line) => line.includes(` ${id}: `) && line.includes(word)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};
const ids = ["pdu", "ups", "web"] as const;

describeWithPeer("devices that come and go", together, () => {
  test.concurrent("off at the start, they appear by themselves; their absence and their coming are one line each", async () => {
    await using rack = await startRack();
    const { rig } = rack;
    await rack.leave();
    rack.begin();
    await until(() => ids.every((id) => rig.state(id) === "offline") && rack.unanswered() > 6, "tried in vain, more than once", 20_000);
    expect(rig.store.devices().map(({ description }) => description)).toEqual([undefined, undefined, undefined]);
    await rack.back();
    await until(() => ids.every((id) => rig.state(id) === "online"), "all are there", 30_000);
    expect([rig.value("pdu", "outlet/1", "outlet.on"), rig.value("ups", "ups", "ups.load"), rig.value("web", "chassis", "chassis.on")]).toEqual([
      true,
      12,
      true,
    ]);
    for (const id of ids) {
      expect(rack.linesOf(id, "trying again")).toHaveLength(1);
      expect(rack.linesOf(id, "back after")).toHaveLength(1);
    }
  });

  test.concurrent("gone, they are unavailable and nothing old is shown as live; the loss and the return are one line each", async () => {
    await using rack = await startRack();
    const { rig } = rack;
    rack.begin();
    await rig.online(...ids);
    await rack.leave();
    await until(() => ids.every((id) => rig.state(id) === "offline") && rack.unanswered() > 6, "gone, and tried in vain", 30_000);
    const entries = rig.store.devices().flatMap(({ parts }) => [...parts.values()].flatMap((part) => [...part.entries.values()]));
    expect(entries.length).toBeGreaterThan(20);
    expect(entries.filter(({ quality }) => quality === "good")).toEqual([]);
    expect(await rig.drive("pdu", "outlet/1", "outlet.off")).toMatchObject({ state: "failed", writes: 0 });
    await rack.back();
    await until(() => ids.every((id) => rig.state(id) === "online"), "back", 30_000);
    expect(rig.value("pdu", "outlet/1", "outlet.on")).toBe(true);
    for (const id of ids) {
      expect(rack.linesOf(id, "trying again"), id).toHaveLength(1);
      expect(rack.linesOf(id, "back after"), id).toHaveLength(1);
    }
  });

  test.concurrent("one that is silent and refuses by turns is still one line", async () => {
    await using upsd = await startUpsd(peers.nut, { upses: { office: upsWithOutlet(() => 0) } });
    await using proxy = await startNutProxy(upsd.port);
    await using rig = startEngine();
    rig.start("ups", "nut", { port: proxy.port, ups: "office" });
    await rig.online("ups");
    proxy.mute();
    await until(() => rig.store.device("ups")?.connection.fault === "timeout", "silent", 15_000);
    proxy.cut();
    await until(() => rig.store.device("ups")?.connection.fault === "unreachable" || proxy.made > 2, "refused", 15_000);
    await until(() => proxy.made > 2, "tried again", 15_000);
    proxy.cut();
    await until(() => proxy.made > 3, "tried again", 15_000);
    expect(rig.lines.filter((line) => line.includes("trying again"))).toHaveLength(1);
  });
});
