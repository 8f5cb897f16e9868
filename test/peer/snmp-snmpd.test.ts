import { afterAll, beforeAll, expect, test } from "vitest";

import type { CommandName } from "#domain/capability.ts";
import type { Fault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { startSnmpd, type Snmpd } from "./snmpd.ts";
import { udpRelay } from "./udp-relay.ts";

const driver = createSnmpDriver(systemClock);
const { signal } = new AbortController();
const open = (options: Readonly<Record<string, unknown>>): Promise<Session> =>
  driver.open(driver.options.parse({ host: "127.0.0.1", timeout: 2, ...options }), {} as never, signal);
const user = (name: string, protocol: string, more: object = {}): object => ({
  version: 3,
  user: name,
  authentication: { protocol, key: "authpass12" },
  privacy: { protocol: "AES", key: "privpass12" },
  ...more,
});
const faultOf = (work: Promise<unknown> | undefined): Promise<Fault> =>
  (work ?? Promise.reject(new Error("nothing"))).then(
    () => expect.fail("no fault"),
    (error: Fault) => error,
  );
const command = (part: string, name: CommandName) => ({ device: "pdu", part, name, by: { via: "mqtt" } }) as const;
const state = async (session: Session, part: string): Promise<unknown> => (await session.read([{ part, point: "outlet.on" }], signal))[0]?.value;

const [agent, client] = await Promise.all([debianPackages("snmpd"), debianPackages("snmp")]);

describeWithPeer("Net-SNMP's agent", agent.ok && !client.ok ? client : agent, (peer) => {
  let snmpd: Snmpd;
  beforeAll(async () => {
    if (client.ok) snmpd = await startSnmpd(peer, client);
  });
  afterAll(() => snmpd[Symbol.asyncDispose]());

  test.each([
    ["1", { version: 1, community: "private" }],
    ["2c", { community: "private" }],
    ["3 with SHA-1 and AES", user("sha", "SHA")],
    ["3 with SHA-224 and AES", user("sha224", "sha224")],
    ["3 with SHA-256 and AES", user("sha256", "SHA-256")],
    ["3 with SHA-384 and AES", user("sha384", "SHA-384")],
    ["3 with SHA-512 and AES", user("sha512", "SHA-512")],
    ["3 with MD5, not encrypted", user("md5", "MD5", { privacy: undefined })],
  ])("version %s: is found, read and switched, with one write per command", async (_, options) => {
    await using session = await open({ port: snmpd.port, ...options });
    const description = await session.describe(signal);
    expect(description).toMatchObject({ manufacturer: "APC", model: "AP8641", serial: "5A1234E00001" });
    expect(description.parts.map(({ id, label }) => `${id} ${label}`)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `outlet/${n} Outlet ${n}`));
    expect(description.parts[0]?.commands).toEqual(["outlet.on", "outlet.off", "outlet.cycle"]);
    const before = snmpd.writes().length;
    await session.execute?.(command("outlet/5", "outlet.off"), signal);
    expect(await state(session, "outlet/5")).toBe(false);
    await session.execute?.(command("outlet/5", "outlet.on"), signal);
    expect(await state(session, "outlet/5")).toBe(true);
    expect(snmpd.writes().slice(before)).toEqual(["9.2.4.1.5.5 2", "9.2.4.1.5.5 1"]);
  });

  test("version 3 without authentication reads what it may", async () => {
    await using session = await open({ port: snmpd.port, version: 3, user: "plain" });
    await session.describe(signal);
    expect(await state(session, "outlet/1")).toBe(true);
  });

  test.each([
    ["unknown user", user("stranger", "SHA"), "denied"],
    ["wrong authentication key", user("sha", "SHA", { authentication: { protocol: "SHA", key: "wrongpass12" } }), "denied"],
    ["wrong privacy key", user("sha", "SHA", { privacy: { protocol: "AES", key: "wrongpass12" } }), "timeout"],
    ["wrong community", { community: "guess", timeout: 0.5 }, "timeout"],
  ])("%s: nothing is read, and the fault is of the right kind", async (_, options, kind) => {
    await using session = await open({ port: snmpd.port, timeout: 0.7, ...options });
    const fault = await faultOf(session.describe(signal));
    expect(fault).toMatchObject({ kind, written: false });
    expect(fault.message).not.toMatch(/pass12|guess/);
  });

  test.each([
    ["not-writable", "denied"],
    ["wrong-value", "rejected"],
    ["inconsistent-value", "rejected"],
    ["commit-failed", "rejected"],
    ["resource-unavailable", "rejected"],
  ])("a write answered with %s is %s, was sent once, and may have acted", async (word, kind) => {
    await using session = await open({ port: snmpd.port, community: "private" });
    await session.describe(signal);
    const before = snmpd.writes().length;
    snmpd.answerWritesWith(word);
    try {
      expect(await faultOf(session.execute?.(command("outlet/2", "outlet.off"), signal))).toMatchObject({ kind, written: true });
    } finally {
      snmpd.answerWritesWith(undefined);
    }
    expect(snmpd.writes().length - before).toBe(1);
    expect(await state(session, "outlet/2")).toBe(true);
  });

  test.each([
    ["the read community", { community: "public" }],
    ["a user who may only look", user("looker", "SHA")],
  ])("%s is denied, and nothing is switched", async (_, options) => {
    await using session = await open({ port: snmpd.port, ...options });
    await session.describe(signal);
    const before = snmpd.writes().length;
    expect(await faultOf(session.execute?.(command("outlet/2", "outlet.off"), signal))).toMatchObject({ kind: "denied" });
    expect(snmpd.writes().length).toBe(before);
  });

  test("version 3: an answer that claims less protection than the login has is not believed", async () => {
    let claims = 0;
    // msgFlags stand in an OCTET STRING of one byte, just ahead of the security model 3 (RFC 3412, section 6).
    const strip = (datagram: Buffer): Buffer => {
      const at = datagram.indexOf(Buffer.from([4, 1, 3, 2, 1, 3]));
      const copy = Buffer.from(datagram);
      if (at > 0) copy[at + 2] = 0;
      if (at > 0) claims++;
      return copy;
    };
    let honest = true;
    await using relay = await udpRelay({
      to: { host: "127.0.0.1", port: snmpd.port },
      act: (direction, datagram) => (honest || direction === "request" ? "pass" : strip(datagram)),
    });
    await using session = await open({ port: relay.port, timeout: 0.5, ...user("sha", "SHA") });
    await session.describe(signal);
    honest = false;
    expect(await faultOf(session.read([{ part: "outlet/1", point: "outlet.on" }], signal))).toMatchObject({ kind: "timeout" });
    expect(claims).toBeGreaterThan(0);
  });

  test("version 3: a restarted agent is read again, and a write while its clock is unknown acts once", async () => {
    await using session = await open({ port: snmpd.port, ...user("sha512", "SHA-512") });
    await session.describe(signal);
    for (let turn = 0; turn < 3; turn++) {
      await snmpd.restart();
      if (turn === 1) {
        const before = snmpd.writes().length;
        await session.execute?.(command("outlet/3", "outlet.off"), signal);
        expect(snmpd.writes().slice(before)).toEqual(["9.2.4.1.5.3 2"]);
        expect(await state(session, "outlet/3")).toBe(false);
      } else expect(await state(session, "outlet/3")).toBe(true);
    }
  });

  // The same engine with its counter of starts back at 1: its messages look like old ones to whoever knew it (RFC 3414, section 3.2, step 7b).
  test("version 3: an agent that has forgotten how often it started ends the session, and the next one works", async () => {
    await using session = await open({ port: snmpd.port, timeout: 1, ...user("sha", "SHA") });
    await snmpd.restart();
    await session.describe(signal);
    await snmpd.restart(true);
    expect(await faultOf(session.read([{ part: "outlet/1", point: "outlet.on" }], signal))).toMatchObject({ kind: "unreachable" });
    await using next = await open({ port: snmpd.port, timeout: 1, ...user("sha", "SHA") });
    await next.describe(signal);
    expect(await state(next, "outlet/1")).toBe(true);
  });
});
