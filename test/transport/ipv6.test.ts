import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { CommandName } from "#domain/capability.ts";
import { Secret } from "#domain/secret.ts";
import type { Driver, Session } from "#driver/contract.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { createSnmpTree, startSnmpAgent, type SnmpAgent } from "#simulator/snmp/agent.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { createSnmpTransport } from "#transport/snmp/snmp-transport.ts";
import { startMachine } from "../peer/ipmi-machine.ts";
import { describeWithIpv6, ownLinkLocal } from "../peer/ipv6.ts";
import { until } from "../peer/until.ts";
import { never } from "./snmp-rig.ts";

const drivers = createDrivers(systemClock);
const context = { deviceId: "device", cache: { get: () => undefined, set: () => undefined }, log: { debug: () => undefined } } as never;
const open = async (name: string, options: Readonly<Record<string, unknown>>): Promise<Session> => {
  const driver = drivers.get(name) as Driver;
  return driver.open(driver.options.parse(options), context, AbortSignal.timeout(10_000));
};
const command = (part: string, name: CommandName) => ({ device: "device", part, name, by: { via: "mqtt" } }) as const;

/** Where a server listens, and what a person may write for it. */
const places: readonly (readonly [string, unknown])[] = [
  ["::1", "::1"],
  ["::1", "[::1]"],
  ["::1", ["::1"]],
  ["::1", "0:0:0:0:0:0:0:1"],
  ["::1", "::1%lo"],
  ...(ownLinkLocal === undefined
    ? []
    : [ownLinkLocal.host, `[${ownLinkLocal.host}]`, ownLinkLocal.host.replace(/.*%/, (address) => address.toUpperCase()), ownLinkLocal.byNumber].map(
        (written) => [ownLinkLocal?.host ?? "", written] as const,
      )),
];

describeWithIpv6("a device by IPv6", () => {
  test.each(places)("NUT at %s, written as %j", async (host, written) => {
    const rack = createRack();
    await using server = await startNutServer({ host, users: [], upses: () => rack.upses });
    await using session = await open("nut", { host: written, port: server.port, ups: "office" });
    expect((await session.describe(never)).parts.length).toBeGreaterThan(1);
    expect(await session.read([{ part: "ups", point: "ups.status" }], never)).toMatchObject([{ value: ["OL"] }]);
  });

  test.each(places)("SNMP at %s, written as %j", async (host, written) => {
    const rack = createRack();
    await using agent = await startPduAgent({ host, readCommunity: "public", writeCommunity: "private", pdu: () => rack.pdu });
    await using session = await open("snmp", { host: written, port: agent.port, community: "private" });
    expect((await session.describe(never)).parts.length).toBeGreaterThan(24);
    await session.execute?.(command("outlet/5", "outlet.off"), never);
    expect(rack.pdu.outlets[4]?.on).toBe(false);
    expect(await session.read([{ part: "outlet/5", point: "outlet.on" }], never)).toMatchObject([{ value: false }]);
  });

  test.each(places)("IPMI at %s, written as %j", async (host, written) => {
    await using machine = await startMachine({ host });
    await using session = await open("ipmi", { host: written, port: machine.port, username: "ADMIN", password: "ADMIN" });
    await session.describe(never);
    await session.execute?.(command("chassis", "chassis.on"), never);
    expect(machine.journal).toEqual(["on"]);
    expect(await session.read([{ part: "chassis", point: "chassis.on" }], never)).toMatchObject([{ value: true }]);
  });

  test("two spellings of one BMC's address are one BMC, which takes one session", async () => {
    await using machine = await startMachine({ host: "::1" });
    await using first = await open("ipmi", { host: "::1", port: machine.port, username: "ADMIN", password: "ADMIN" });
    await first.describe(never);
    await expect(open("ipmi", { host: "0::1", port: machine.port, username: "ADMIN", password: "ADMIN" })).rejects.toMatchObject({ kind: "busy" });
  });

  const table = "1.3.6.1.4.1.99999.1";
  const startAgent = (host: string, value: number, port = 0): Promise<SnmpAgent> => {
    const tree = createSnmpTree([{ oid: `${table}.1`, value: () => ({ type: "integer", value }) }]);
    return startSnmpAgent({ host, port, readCommunity: "public", writeCommunity: "private", tree: () => tree });
  };
  const credentials = { version: "2c", community: new Secret("public") } as const;

  test("IPv4 and IPv6 side by side on one port: each answer goes to its own question", async () => {
    await using four = await startAgent("127.0.0.1", 4);
    await using six = await startAgent("::1", 6, four.port);
    const transport = createSnmpTransport(systemClock);
    using first = await transport.open({ host: "127.0.0.1", port: four.port }, credentials, 2000, never);
    using second = await transport.open({ host: "::1", port: six.port }, credentials, 2000, never);
    for (let turn = 0; turn < 20; turn++) {
      const found = await Promise.all([first, second].map((session) => session.get([`${table}.1`], never)));
      expect(found.map(([one]) => one?.value)).toEqual([4, 6]);
    }
  });

  test.each(["::1", ...(ownLinkLocal === undefined ? [] : [ownLinkLocal.host])])(
    "an answer from %s, but not from where the question went, is not heard",
    async (from) => {
      await using agent = await startAgent(from, 1);
      const front = createSocket("udp6");
      const back = createSocket("udp6");
      let answers = 0;
      front.bind(0, "::1");
      back.bind(0, "::");
      await Promise.all([once(front, "listening"), once(back, "listening")]);
      let asker = 0;
      front.on("message", (question, { port }) => {
        asker = port;
        back.send(question, agent.port, from);
      });
      back.on("message", (answer) => {
        answers++;
        back.send(answer, asker, "::1");
      });
      using session = await createSnmpTransport(systemClock).open({ host: "::1", port: front.address().port }, credentials, 200, never);
      await expect(session.get([`${table}.1`], never)).rejects.toMatchObject({ kind: "timeout" });
      await until(() => answers === 3, "all three tries were answered");
      for (const socket of [front, back]) socket.close();
    },
  );

  test("a zone that this machine has not is a device that is not there", async () => {
    const noPlace = { host: "fe80::1%nowhere", port: 9 };
    await expect(open("snmp", { ...noPlace, community: "public", timeout: 0.5 }).then((session) => session.describe(never))).rejects.toMatchObject({
      kind: expect.stringMatching(/^(unreachable|timeout)$/) as string,
    });
  });
});
