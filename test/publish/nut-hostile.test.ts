import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { handClock } from "../platform/hand-clock.ts";
import { until } from "../peer/until.ts";
import { startNutRig, type NutRig } from "./nut-rig.ts";

/** Somebody else, who wants nothing but to be served. */
const isServed = async (rig: NutRig): Promise<void> => {
  await using other = await rig.talk("127.0.0.2");
  expect(await other.ask("GET VAR lab battery.charge")).toBe('VAR lab battery.charge "87"\n');
};

test("a thousand connections harm nobody: who wants in takes the place of the one that was silent for longest", async () => {
  await using rig = await startNutRig({ limits: { connections: 100 } });
  await using upsmon = await rig.talk();
  await upsmon.ask("USERNAME watcher\nPASSWORD watch\nLOGIN office-ups", /OK\nOK\nOK\n$/);
  const sockets = Array.from({ length: 1000 }, () => connect({ port: rig.server.port, host: "127.0.0.1" }).on("error", () => undefined));
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, "connect"), once(socket, "close")])));
  await isServed(rig);
  await until(() => sockets.filter(({ closed }) => closed).length >= 900, "the connections that are too many are closed");
  expect(upsmon.closed).toBe(false);
  expect(await upsmon.ask("GET NUMLOGINS office-ups")).toBe("NUMLOGINS office-ups 1\n");
  for (const socket of sockets) socket.destroy();
});

test("when everybody is logged in, the newest is turned away", async () => {
  await using rig = await startNutRig({ limits: { connections: 3 } });
  for (let at = 0; at < 3; at++) {
    const one = await rig.talk();
    await one.ask("USERNAME boss\nPASSWORD boss\nLOGIN lab", /OK\nOK\nOK\n$/);
  }
  const late = await rig.talk();
  await until(() => late.closed, "the fourth is closed");
});

test("a client that never reads is not listened to, costs no memory, and is closed", async () => {
  const clock = handClock();
  await using rig = await startNutRig({ clock });
  await using greedy = await rig.talk();
  greedy.socket.pause();
  const batch = "LIST VAR lab\n".repeat(5000);
  const before = process.memoryUsage().rss;
  // As long as it is listened to it may go on: 100 MB of questions have a gigabyte of answers.
  let sent = 0;
  while (sent < 1600 && greedy.socket.write(batch)) sent++;
  for (let left = 200; left > 0; left--) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!greedy.socket.writableNeedDrain) greedy.socket.write(batch);
  }
  await isServed(rig);
  expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(100);
  await clock.advance(30_000);
  greedy.socket.resume();
  await until(() => greedy.closed, "it is closed");
  await isServed(rig);
});

test("however long its answers are, of all that a client asks at once few are made before it reads them", async () => {
  await using rig = await startNutRig({ limits: { turn: Infinity } });
  rig.store.describe("lab", { model: "x".repeat(1_000_000), parts: [{ id: "ups", points: ["ups.status"], commands: [] }] });
  rig.set("lab", "OL");
  await using greedy = await rig.talk();
  greedy.socket.pause();
  const before = process.memoryUsage().rss;
  greedy.send("GET VAR lab device.model\n".repeat(1000));
  await using other = await rig.talk();
  expect(await other.ask("NETVER")).toBe("1.3\n");
  expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(100);
});

test("a line without an end is cut short, and its client gone; a long one is too long", async () => {
  await using rig = await startNutRig();
  await using endless = await rig.talk();
  endless.send("x".repeat(5000));
  await until(() => endless.closed, "closed");
  expect(endless.heard()).toBe("ERR TOO-LONG\n");
  await using long = await rig.talk();
  long.send(`NETVER\nGET VAR lab ${"x".repeat(2000)}\nNETVER\n`);
  await until(() => long.closed, "closed");
  expect(long.heard()).toBe("1.3\nERR TOO-LONG\n");
  await isServed(rig);
});

test("whoever says nothing for a minute, or a word a minute without a line, is closed; who asks stays", async () => {
  const clock = handClock();
  await using rig = await startNutRig({ clock });
  await using silent = await rig.talk();
  await using slow = await rig.talk();
  await using lively = await rig.talk();
  for (let second = 0; second < 70; second += 10) {
    slow.send("L");
    expect(await lively.ask("NETVER")).toBe("1.3\n");
    await clock.advance(10_000);
  }
  await until(() => silent.closed && slow.closed, "both are closed");
  expect(lively.closed).toBe(false);
});

test("lines that make no sense are answered, and nothing else happens", async () => {
  await using rig = await startNutRig();
  await using one = await rig.talk();
  const senseless = [
    'GET VAR "lab',
    "\u0000\u0001",
    "__proto__",
    "constructor",
    "GET __proto__ lab x",
    "LIST constructor lab",
    "GET VAR __proto__ x",
    "ÄÖ",
    "LIST VAR \u{1F50C}",
    "GET VAR lab __proto__",
    "=",
    "#",
    "\\",
  ];
  for (const line of senseless) expect(await one.ask(line), line).toMatch(/^ERR [A-Z-]+\n$/);
  expect(await one.ask("\n\r\n \nNETVER\r")).toBe("1.3\n");
  await isServed(rig);
});

test("questions that come in pieces, together, and before a half-closed end are all answered in order", async () => {
  await using rig = await startNutRig();
  rig.bus.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { state: "confirmed" };
  };
  await using one = await rig.talk();
  for (const piece of ["USER", "NAME admin\nPASS", "WORD horse\nINSTCMD lab beeper.mu", "te\nNETVER\nINSTCMD lab beeper.mute\nGET VAR lab ups.status\n"]) {
    one.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.socket.end("PROTVER\n");
  await until(() => one.closed, "closed by both");
  expect(one.heard()).toBe('OK\nOK\nOK\n1.3\nOK\nVAR lab ups.status "OL"\n1.3\n');
});

test("after thirty wrong passwords in a minute an address is not believed, whatever it says; others are", async () => {
  const clock = handClock();
  await using rig = await startNutRig({ clock });
  for (let at = 0; at < 30; at++) expect(await rig.as("boss", `guess-${at}`, "LOGIN lab")).toBe("ERR ACCESS-DENIED");
  expect(await rig.as("boss", "boss", "LOGIN lab")).toBe("ERR ACCESS-DENIED");
  await using other = await rig.talk("127.0.0.2");
  expect(await other.ask("USERNAME boss\nPASSWORD boss\nLOGIN lab", /\n.*\n.*\n$/)).toBe("OK\nOK\nOK\n");
  await clock.advance(60_000);
  expect(await rig.as("boss", "boss", "LOGIN lab")).toBe("OK");
  const told = rig.lines.filter((line) => line.includes("turned away"));
  expect(told).toHaveLength(1);
  expect(rig.lines.join("")).not.toMatch(/guess|horse/);
});

test("a script that runs wild is stopped after sixty commands in a minute, by user", async () => {
  await using rig = await startNutRig();
  const wild = await rig.as("admin", "horse", ...Array.from({ length: 70 }, () => "INSTCMD lab beeper.mute"));
  expect(wild.match(/^OK$/gm)).toHaveLength(60);
  expect(wild.match(/^ERR INSTCMD-FAILED$/gm)).toHaveLength(10);
  expect(rig.bus.submitted).toHaveLength(60);
  expect(await rig.as("named", "word", "INSTCMD lab beeper.mute")).toBe("OK");
});

test("who asks without end does not keep others from being answered", async () => {
  await using rig = await startNutRig();
  await using flood = await rig.talk();
  flood.send("NETVER\n".repeat(50_000));
  await until(() => flood.heard() !== "", "the flood has begun to be answered");
  await using other = await rig.talk();
  await other.ask("NETVER");
  expect(flood.heard().length / 4).toBeLessThan(20_000);
  await until(() => flood.heard().length === 200_000, "all of it is answered in the end");
});

test("an answer that is waited for comes before those to later questions, also when what came before it lay unfetched meanwhile", async () => {
  await using rig = await startNutRig({ limits: { waiting: Infinity, promptness: 60_000 } });
  const model = "x".repeat(1_000_000);
  rig.store.describe("lab", { model, parts: [{ id: "ups", points: ["ups.status"], commands: ["ups.beeperMute"] }] });
  rig.set("lab", "OL");
  const end = Promise.withResolvers<{ readonly state: "confirmed" }>();
  rig.bus.answer = () => end.promise;
  await using one = await rig.talk();
  await one.ask("USERNAME admin\nPASSWORD horse", /OK\nOK\n$/);
  one.socket.pause();
  one.send(`${"GET VAR lab device.model\n".repeat(10)}INSTCMD lab beeper.mute\nNETVER\n`);
  await until(() => rig.bus.submitted.length === 1, "the command is under way");
  one.socket.resume();
  const before = "OK\nOK\n".length + 10 * `VAR lab device.model "${model}"\n`.length;
  await until(() => one.heard().length >= before, "all before it has come");
  expect(await rig.as("boss", "boss", "NETVER")).toBe("1.3");
  expect(one.heard().length).toBe(before);
  end.resolve({ state: "confirmed" });
  await until(() => one.heard().length > before + 3, "the rest");
  expect(one.heard().slice(before)).toBe("OK\n1.3\n");
});

test("on a socket for both, IPv4 clients are known by their own addresses", async () => {
  await using rig = await startNutRig({ host: "::" });
  await using one = await rig.talk("127.0.0.2");
  await one.ask("USERNAME boss\nPASSWORD boss\nLOGIN lab", /OK\nOK\nOK\n$/);
  expect(await one.ask("LIST CLIENT lab", /END/)).toBe("BEGIN LIST CLIENT lab\nCLIENT lab 127.0.0.2\nEND LIST CLIENT lab\n");
});
