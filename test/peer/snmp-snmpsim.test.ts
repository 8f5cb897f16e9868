import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { CommandName } from "#domain/capability.ts";
import type { Fault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { decodeRequest, tags } from "#simulator/snmp/message.ts";
import { readTable } from "../driver/profile-table.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { startSnmpsim, type Snmpsim } from "./snmpsim.ts";
import { udpRelay } from "./udp-relay.ts";

const driver = createSnmpDriver(systemClock);
const { signal } = new AbortController();
const open = (options: Readonly<Record<string, unknown>>): Promise<Session> =>
  driver.open(
    driver.options.parse({ host: "127.0.0.1", community: options["version"] === 3 ? undefined : "public", timeout: 2, ...options }),
    {} as never,
    signal,
  );
const command = (part: string, name: CommandName) => ({ device: "pdu", part, name, by: { via: "mqtt" } }) as const;
const state = async (session: Session, part: string): Promise<unknown> => (await session.read([{ part, point: "outlet.on" }], signal))[0]?.value;
const table = readTable(readFileSync(fileURLToPath(new URL("../../src/profile/apc-rack-pdu-2g/table.yaml", import.meta.url)), "utf8"));

const [simulator, client] = await Promise.all([debianPackages("snmpsim"), debianPackages("snmp")]);

describeWithPeer("snmpsim", simulator.ok && !client.ok ? client : simulator, (peer) => {
  let sim: Snmpsim;
  beforeAll(async () => {
    if (client.ok) sim = await startSnmpsim(peer, client, table.objects);
  });
  afterAll(() => sim?.[Symbol.asyncDispose]());

  test.each([
    ["2c", {}],
    ["1", { version: 1 }],
    [
      "3 with SHA-256 and AES-256 after Blumenthal",
      { version: 3, user: "sha256", authentication: { protocol: "SHA-256", key: "authpass12" }, privacy: { protocol: "AES-256", key: "privpass12" } },
    ],
    [
      "3 with SHA-1 and AES-256 after Reeder",
      { version: 3, user: "cisco", authentication: { protocol: "SHA", key: "authpass12" }, privacy: { protocol: "AES-256-C", key: "privpass12" } },
    ],
  ])("version %s: the table's truth is read, and a write changes it once", async (_, options) => {
    await using session = await open({ port: sim.port, ...options });
    const { parts } = await session.describe(signal);
    expect(parts.filter(({ id }) => id.startsWith("outlet/")).map(({ id }) => id)).toEqual([
      "outlet/1",
      "outlet/2",
      "outlet/4",
      "outlet/5",
      "outlet/6",
      "outlet/10",
    ]);
    const before = sim.writes().length;
    await session.execute?.(command("outlet/1", "outlet.off"), signal);
    expect(await state(session, "outlet/1")).toBe(false);
    await session.execute?.(command("outlet/1", "outlet.on"), signal);
    expect(await state(session, "outlet/1")).toBe(true);
    expect(sim.writes().slice(before)).toEqual(["1 2", "1 1"]);
    sim.set("1.3.6.1.4.1.318.1.1.26.9.4.3.1.7.1", 77);
    expect(await session.read([{ part: "outlet/1", point: "meter.power" }], signal)).toEqual([{ part: "outlet/1", point: "meter.power", value: 77 }]);
    sim.set("1.3.6.1.4.1.318.1.1.26.9.4.3.1.7.1", 41);
  });

  // snmpsim answers such a write with noError and a noSuchInstance varbind: an "OK" that is none.
  test("a write that the agent swallows with noSuchInstance is a refusal", async () => {
    await using session = await open({ port: sim.port });
    await session.describe(signal);
    sim.database.exec("update apc set maxaccess = 'read-only'");
    try {
      const fault = await (session.execute?.(command("outlet/2", "outlet.on"), signal) ?? Promise.resolve()).then(
        () => expect.fail("no fault"),
        (error: Fault) => error,
      );
      expect(fault).toMatchObject({ kind: "rejected", written: true });
      expect(await state(session, "outlet/2")).toBe(false);
    } finally {
      sim.database.exec("update apc set maxaccess = 'read-write'");
    }
  });

  test("the answer to a cycle is lost: the device's journal has exactly one write", async () => {
    let silent = false;
    await using relay = await udpRelay({ to: { host: "127.0.0.1", port: sim.port }, act: (direction) => (silent && direction === "answer" ? "drop" : "pass") });
    await using session = await open({ port: relay.port, timeout: 1 });
    await session.describe(signal);
    const before = sim.writes().length;
    silent = true;
    const fault = await (session.execute?.(command("outlet/4", "outlet.cycle"), signal) ?? Promise.resolve()).then(
      () => expect.fail("no fault"),
      (error: Fault) => error,
    );
    expect(fault).toMatchObject({ kind: "timeout", written: true });
    expect(sim.writes().slice(before)).toEqual(["4 3"]);
  });

  test("a device without GETBULK, such as virtualpdu, gives the same readings", async () => {
    const kinds = new Set<number>();
    await using relay = await udpRelay({
      to: { host: "127.0.0.1", port: sim.port },
      act: (direction, datagram) => {
        if (direction === "answer") return "pass";
        const { kind } = decodeRequest(datagram);
        kinds.add(kind);
        return kind === tags.getBulk ? "drop" : "pass";
      },
    });
    const read = async (port: number): Promise<unknown> => {
      await using session = await open({ port, timeout: 1 });
      const { parts } = await session.describe(signal);
      return await session.read(
        parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point }))),
        signal,
      );
    };
    expect(await read(relay.port)).toEqual(await read(sim.port));
    expect([...kinds]).toEqual(expect.arrayContaining([tags.getBulk, tags.get]));
  });

  test("a row that vanishes is left out, and no longer switched", async () => {
    await using session = await open({ port: sim.port });
    await session.describe(signal);
    const gone = sim.database
      .prepare("select * from apc where oid like ?")
      .all("%.        10")
      .filter(({ oid }) => String(oid).includes("26.         9.")) as Record<string, string>[];
    sim.database.exec("begin");
    const remove = sim.database.prepare("delete from apc where oid = ?");
    for (const { oid } of gone) remove.run(String(oid));
    sim.database.exec("commit");
    expect(gone.length).toBeGreaterThan(5);
    const before = sim.writes().length;
    expect(
      await session.read(
        [
          { part: "outlet/10", point: "outlet.on" },
          { part: "outlet/6", point: "outlet.pending" },
        ],
        signal,
      ),
    ).toEqual([{ part: "outlet/6", point: "outlet.pending", value: false }]);
    await expect(session.execute?.(command("outlet/10", "outlet.on"), signal)).rejects.toMatchObject({ kind: "unsupported", written: false });
    expect(sim.writes().length).toBe(before);
  });
});
