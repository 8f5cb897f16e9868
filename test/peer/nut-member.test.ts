import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { createDrivers } from "#driver/registry.ts";
import { systemClock as clock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { identifyHost } from "#program/identification.ts";
import { startBroker } from "#simulator/broker.ts";
import { observe } from "#test/publish/mqtt-rig.ts";
import { createRig } from "./nut-program.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const host = "127.0.0.1";
const ups = (model: string): SocketDriverOptions => ({ variables: { "ups.status": "OL", "battery.charge": "90", "ups.load": "7", "device.model": model } });

const all = ({ port }: Upsd, more = ""): string => `  nas: { driver: nut, host: ${host}, port: ${port}, ups: all, interval: 200ms${more} }`;
const one = ({ port }: Upsd, id: string, name: string): string => `  ${id}: { driver: nut, host: ${host}, port: ${port}, ups: ${name}, interval: 200ms }`;

describeWithPeer("all UPSs of a real upsd in one entry", await debianPackages("nut-server"), (peer) => {
  test("each is a device of its own, a new one comes by itself, and one that goes stays until the configuration is read again", async () => {
    await using upsd = await startUpsd(peer, { upses: { Office: ups("Ellipse"), lab_2: ups("Smart") } });
    const rig = await createRig();
    await rig.write(all(upsd, ", name: NAS, parts: { ups: { lock: locked } }"));
    await using run = await rig.start();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab_2": "online" });
    const found = await run.devices();
    expect(found.get("nas")).toMatchObject({ manufacturer: "Network UPS Tools", firmware: expect.stringMatching(/^2\./) as unknown });
    expect(found.get("nas-office")).toMatchObject({ name: "NAS Office", model: "Ellipse" });
    await upsd.startDriver("third", ups("Third"));
    await upsd.have("third", "Office");
    await run.shows({ nas: "online", "nas-office": "online", "nas-third": "online", "nas-lab_2": "offline" });
    await until(
      async () => (await run.devices()).get("nas-lab_2")?.connection.detail?.includes('has no UPS "lab_2"'),
      "it says that the server has it no more",
    );
    await run.program.reload();
    await run.shows({ nas: "online", "nas-office": "online", "nas-third": "online" });
  });

  test("a server that is off at the start has the UPSs that it had, away, and they come with it", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), lab: ups("Smart") } });
    const rig = await createRig();
    await rig.write(all(upsd));
    {
      await using run = await rig.start();
      await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
    }
    await upsd.stop();
    await using run = await rig.start();
    await run.shows({ nas: "offline", "nas-office": "offline", "nas-lab": "offline" });
    await run.program.reload();
    expect((await run.devices()).size).toBe(3);
    await upsd.start();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
  });

  test("Home Assistant keeps their entities while the server is off, and loses those of one that is forgotten", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), lab: ups("Smart") } });
    await using broker = await startBroker({ host });
    const url = `mqtt://${host}:${broker.port}`;
    const rig = await createRig();
    await rig.write(all(upsd), `mqtt: { url: "${url}" }`);
    await using seen = await observe(url);
    const documents = (): ReadonlySet<string> =>
      new Set([...seen.kept.keys()].flatMap((topic) => /^homeassistant\/device\/rack-power_(.+)\/config$/.exec(topic)?.[1] ?? []));
    const both = new Set(["nas", "nas-office", "nas-lab"]);
    {
      await using run = await rig.start();
      await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
      await until(() => isDeepStrictEqual(documents(), both), "a document of each");
    }
    await upsd.stop();
    {
      await using run = await rig.start();
      await run.shows({ nas: "offline", "nas-office": "offline", "nas-lab": "offline" });
      await until(async () => (await run.health()).broker?.state === "connected", "connected to the broker");
    }
    const emptied = (): readonly string[] => seen.messages.flatMap(([topic, payload]) => (payload === "" && topic.endsWith("/config") ? [topic] : []));
    expect(emptied()).toEqual([]);
    await upsd.have("office");
    await using run = await rig.start();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "offline" });
    await run.program.reload();
    await until(() => isDeepStrictEqual(documents(), new Set(["nas", "nas-office"])), "what is forgotten is taken back");
    expect(emptied()).toEqual(["homeassistant/device/rack-power_nas-lab/config"]);
  });

  test("a server that is told to read its own files again keeps its connections: what it has no more is away at once, what is new is there", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), lab: ups("Smart") } });
    const rig = await createRig();
    await rig.write(all(upsd));
    await using run = await rig.start();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
    const { since } = (await run.devices()).get("nas-office")?.connection ?? {};
    await upsd.startDriver("new", ups("New"));
    upsd.reload("new", "office");
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "offline", "nas-new": "online" });
    expect((await run.devices()).get("nas-office")?.connection).toMatchObject({ since });
    expect((await run.devices()).get("nas-lab")?.connection.detail).toContain('has no UPS "lab"');
  });

  test("one with an entry of its own is that entry's; an id that is taken makes way; and the rest keep their connection", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), "lab.a": ups("Smart"), "lab+a": ups("Small") } });
    const rig = await createRig();
    await rig.write(all(upsd), one(upsd, "desk", "office"));
    await using run = await rig.start();
    await run.shows({ nas: "online", desk: "online", "nas-lab-a": "online", "nas-lab-a-2": "online" });
    const { since } = (await run.devices()).get("nas-lab-a-2")?.connection ?? {};
    const ids = async (): Promise<unknown> => Object.fromEntries([...(await run.devices())].map(([id, { model }]) => [id, model]));
    expect(await ids()).toEqual({ nas: "upsd", desk: "Ellipse", "nas-lab-a": "Smart", "nas-lab-a-2": "Small" });
    // Taken by an entry for the very same UPS, and then given back.
    await rig.write(all(upsd), one(upsd, "desk", "office"), one(upsd, "nas-lab-a", "lab.a"));
    await run.program.reload();
    await run.shows({ nas: "online", desk: "online", "nas-lab-a": "online", "nas-lab-a-2": "online" });
    expect(await ids()).toEqual({ nas: "upsd", desk: "Ellipse", "nas-lab-a": "Smart", "nas-lab-a-2": "Small" });
    // Taken by an entry for another one: the member moves, and it is told.
    await rig.write(all(upsd), one(upsd, "nas-lab-a-2", "office"));
    await run.program.reload();
    await run.shows({ nas: "online", "nas-lab-a": "online", "nas-lab-a-2": "online", "nas-lab-a-3": "online" });
    expect(await ids()).toEqual({ nas: "upsd", "nas-lab-a": "Smart", "nas-lab-a-2": "Ellipse", "nas-lab-a-3": "Small" });
    expect(rig.lines.filter((line) => line.includes("lab+a of nas is now nas-lab-a-3"))).toHaveLength(1);
    expect(since).toBeDefined();
  });

  test("an entry that no longer stands for all takes its devices with it; one that is wrong keeps them in quarantine", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), lab: ups("Smart") } });
    const rig = await createRig();
    await rig.write(all(upsd));
    await using run = await rig.start();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
    const before = (await run.devices()).get("nas-lab")?.connection.since;
    await rig.write(all(upsd, ", area: Attic"));
    await run.program.reload();
    expect((await run.devices()).get("nas-lab")).toMatchObject({ connection: { state: "online", since: before } });
    await rig.write(all(upsd, ", colour: red"));
    await run.program.reload();
    await run.shows({ nas: "quarantined", "nas-office": "quarantined", "nas-lab": "quarantined" });
    await rig.write(all(upsd));
    await run.program.reload();
    await run.shows({ nas: "online", "nas-office": "online", "nas-lab": "online" });
    await rig.write(one(upsd, "nas", "lab"));
    await run.program.reload();
    await run.shows({ nas: "online" });
    expect((await run.devices()).get("nas")?.model).toBe("Smart");
  });

  test("a server asked what it is, without the name of a UPS, answers for each that it has", async () => {
    await using upsd = await startUpsd(peer, { upses: { office: ups("Ellipse"), lab: ups("Ellipse") } });
    const drivers = [...createDrivers(clock)].filter(([name]) => name === "nut");
    const ask = (port: number, more: readonly { readonly path: readonly string[]; readonly value: unknown }[] = []): ReturnType<typeof identifyHost> =>
      identifyHost({
        host,
        drivers,
        given: [{ path: ["port"], value: port }, ...more],
        taken: new Set(["ellipse-2"]),
        log: createLog("error", () => undefined),
      });
    const found = await ask(upsd.port);
    const entries = found.flatMap((answer) => ("entry" in answer ? [answer] : []));
    expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(["ellipse", "ellipse-3"]));
    expect(entries.map(({ entry }) => entry)).toEqual(["office", "lab"].map((name) => ({ driver: "nut", host, port: upsd.port, ups: name })));
    expect(await ask(upsd.port, [{ path: ["ups"], value: "lab" }])).toMatchObject([{ driver: "nut", id: "ellipse", entry: { ups: "lab" } }]);
    await upsd.stop();
    expect(await ask(upsd.port)).toMatchObject([{ driver: "nut", why: expect.stringContaining("nothing listens there") as unknown }]);
  });
});
