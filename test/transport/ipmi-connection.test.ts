import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "#platform/clock.ts";
import { type BmcConnection, connectBmc } from "#transport/ipmi/bmc-connection.ts";
import { type BmcHub, createBmcHub } from "#transport/ipmi/bmc-hub.ts";
import type { SuiteId } from "#transport/ipmi/cipher-suite.ts";
import { startMachine } from "#test/peer/ipmi-machine.ts";
import { faultOf } from "#test/peer/ipmi-session.ts";
import { type Act, udpRelay } from "#test/peer/udp-relay.ts";
import { until } from "#test/peer/until.ts";

const status = { netFn: 0, command: 1 };
const reset = { netFn: 0, command: 2, data: Uint8Array.of(3) };
const signal = new AbortController().signal;

const inSession = (datagram: Buffer): boolean => datagram.length > 10 && datagram.readUInt32LE(6) !== 0;

const connect = (
  port: number,
  options: { readonly hub?: BmcHub; readonly clock?: Clock; readonly suites?: readonly SuiteId[]; readonly password?: string; readonly host?: string } = {},
): Promise<BmcConnection> => {
  const login = { username: "ADMIN", password: Buffer.from(options.password ?? "ADMIN"), bmcKey: undefined, privilege: 4 };
  return connectBmc(
    options.hub ?? createBmcHub(),
    options.clock ?? systemClock,
    { host: options.host ?? "127.0.0.1", port, suites: options.suites ?? [17, 3], login },
    signal,
  );
};

test.each([17, 3] as const)("suite %i: asks, acts once, closes", async (suite) => {
  await using machine = await startMachine({ suites: [suite] });
  machine.on = true;
  {
    await using bmc = await connect(machine.port);
    expect(machine.server.sessions).toBe(1);
    expect((await bmc.ask(status, signal)).data[0]).toBe(0x41);
    await bmc.ready(signal);
    expect(await bmc.once(reset, signal)).toMatchObject({ code: 0 });
  }
  expect(machine.journal).toEqual(["reset"]);
  expect(machine.server.sessions).toBe(0);
});

test("by IPv6 too", async () => {
  await using machine = await startMachine({ host: "::1" });
  await using bmc = await connect(machine.port, { host: "0:0:0:0:0:0:0:1" });
  expect((await bmc.ask(status, signal)).code).toBe(0);
});

test("a wrong password is denied and leaves no session behind", async () => {
  await using machine = await startMachine({ slots: 1 });
  for (const suite of [17, 3] as const) expect((await faultOf(connect(machine.port, { suites: [suite], password: "wrong" }))).kind).toBe("denied");
  await using bmc = await connect(machine.port);
  expect((await bmc.ask(status, signal)).code).toBe(0);
});

test("who does not know the password gets no proof of ours, which could be guessed from at leisure", async () => {
  await using impostor = await startMachine({ password: "something else" });
  let proofs = 0;
  const isProof = (direction: string, datagram: Buffer): boolean => direction === "request" && datagram[5] === 0x14 && datagram.readUInt16LE(14) > 8;
  await using relay = await udpRelay({ to: impostor, act: (direction, datagram): Act => (isProof(direction, datagram) ? (proofs++, "pass") : "pass") });
  const fault = await faultOf(connect(relay.port));
  expect(fault).toMatchObject({ kind: "denied" });
  expect(fault.message).toMatch(/does not have this password/);
  expect(proofs).toBe(0);
});

test("an answer that is played back when its number comes round again is not believed", async () => {
  await using machine = await startMachine();
  const answers: Buffer[] = [];
  let played = 0;
  const act = (direction: string, datagram: Buffer): Act => {
    if (direction !== "answer" || !inSession(datagram)) return "pass";
    answers.push(Buffer.from(datagram));
    // Numbers come round after 64; the first answers were to other commands.
    const old = answers.length === 68 ? answers[3] : undefined;
    return old ? (played++, old) : "pass";
  };
  await using relay = await udpRelay({ to: machine, act });
  await using bmc = await connect(relay.port);
  for (let count = answers.length; count < 64; count++) await bmc.ask(status, signal);
  machine.on = true;
  for (let count = 0; count < 5; count++) expect((await bmc.ask(status, signal)).data[0]).toBe(0x41);
  expect(played).toBe(1);
});

test("a suite that the BMC does not take, and no other allowed, is denied", async () => {
  await using machine = await startMachine({ suites: [3] });
  expect((await faultOf(connect(machine.port, { suites: [17] }))).kind).toBe("denied");
});

test("the suite that worked is tried first the next time", async () => {
  await using machine = await startMachine({ suites: [3] });
  await using relay = await udpRelay({ to: machine, act: () => "pass" });
  const hub = createBmcHub();
  const cost = async (): Promise<number> => {
    const before = relay.seen.request;
    await (await connect(relay.port, { hub }))[Symbol.asyncDispose]();
    return relay.seen.request - before;
  };
  expect((await cost()) - (await cost())).toBe(1);
});

test("a BMC without a free session is busy, not denied", async () => {
  await using machine = await startMachine({ slots: 1 });
  await using first = await connect(machine.port);
  expect((await first.ask(status, signal)).code).toBe(0);
  expect((await faultOf(connect(machine.port))).kind).toBe("busy");
});

test("one session with one slot serves reads for as long as they come, and gives the slot back when they stop", async () => {
  await using machine = await startMachine({ slots: 1 });
  let shift = 0;
  const timers = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + shift,
    after: (ms, act) => {
      if (ms < 10_000) return systemClock.after(ms, act);
      timers.add(act);
      return { [Symbol.dispose]: () => void timers.delete(act) };
    },
  };
  const fire = (): void => {
    const due = [...timers];
    timers.clear();
    for (const act of due) act();
  };
  await using bmc = await connect(machine.port, { clock });
  shift += 20_000;
  await bmc.ask(status, signal);
  shift += 10_000;
  fire();
  await bmc.ask(status, signal);
  expect(machine.server.sessions).toBe(1);
  shift += 26_000;
  fire();
  await until(() => machine.server.sessions === 0, "the idle session is closed");
  expect((await bmc.ask(status, signal)).code).toBe(0);
  expect(machine.server.sessions).toBe(1);
});

test("a BMC that takes longer than our patience is asked more patiently, with one session", async () => {
  await using machine = await startMachine({ slots: 4 });
  await using relay = await udpRelay({ to: machine, act: (direction): Act => (direction === "answer" ? { delay: 1_200 } : "pass") });
  await using bmc = await connect(relay.port);
  const before = relay.seen.request;
  expect((await bmc.ask(status, signal)).code).toBe(0);
  expect(relay.seen.request - before).toBe(1);
  expect(machine.server.sessions).toBe(1);
});

test("answers from another address are not heard", async () => {
  await using machine = await startMachine();
  let foreign = 0;
  await using relay = await udpRelay({
    to: machine,
    act: (direction, datagram): Act => (direction === "answer" && inSession(datagram) && ++foreign % 2 === 1 ? { from: "127.0.0.2" } : "pass"),
  });
  await using bmc = await connect(relay.port, { suites: [17] });
  for (let count = 0; count < 4; count++) expect((await bmc.ask(status, signal)).code).toBe(0);
  expect(foreign).toBeGreaterThanOrEqual(8);
});

test("disposing while a request is on its way ends that request and closes the session", async () => {
  await using machine = await startMachine();
  let silent = false;
  await using relay = await udpRelay({ to: machine, act: (direction): Act => (direction === "answer" && silent ? "drop" : "pass") });
  const bmc = await connect(relay.port);
  silent = true;
  const asking = faultOf(bmc.ask(status, signal));
  await bmc[Symbol.asyncDispose]();
  expect((await asking).kind).toBe("unreachable");
  await until(() => machine.server.sessions === 0, "the BMC has closed it");
});

test("a hundred thousand malformed packets from the BMC's own address: it and another BMC go on, and nothing is kept", async () => {
  await using good = await startMachine();
  await using bad = await startMachine();
  const front = createSocket("udp4").bind(0, "127.0.0.1");
  const back = createSocket("udp4").bind(0, "127.0.0.1");
  await Promise.all([once(front, "listening"), once(back, "listening")]);
  let sent = 0;
  let client: { readonly port: number; readonly address: string } | undefined;
  const noise = (model: Buffer): Buffer => {
    const spoilt = Buffer.from(model.subarray(0, sent % 7 === 0 ? sent % model.length : model.length));
    for (let change = 0; change <= sent % 3; change++) if (spoilt.length > 0) spoilt[(sent * 31 + change * 17) % spoilt.length] = (sent * 73 + change) & 0xff;
    return spoilt;
  };
  front.on("message", (datagram, from) => {
    client = from;
    back.send(datagram, bad.port, bad.host);
  });
  back.on("message", (answer) => {
    if (!client) return;
    for (let burst = 0; burst < (inSession(answer) ? 40 : 0); burst++, sent++) front.send(noise(answer), client.port, client.address);
    front.send(answer, client.port, client.address);
  });
  const hub = createBmcHub();
  await using flooded = await connect(front.address().port, { hub });
  await using calm = await connect(good.port, { hub });
  const before = process.memoryUsage().heapUsed;
  let answered = 0;
  while (sent < 100_000) {
    // Noise that reached the machine may be lost with the answer; asking again is the client's own business.
    expect((await flooded.ask(status, signal)).code).toBe(0);
    expect((await calm.ask(status, signal)).code).toBe(0);
    answered += 2;
  }
  front.close();
  back.close();
  expect(answered).toBeGreaterThan(1_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
}, 60_000);
