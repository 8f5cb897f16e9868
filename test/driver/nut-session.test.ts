import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { faultOf, openUps, soon } from "#test/peer/nut-open.ts";

interface Script extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly string[];
}

/** A server that answers each line as the test says; it stands for those that are not upsd. */
const scripted = async (reply: (line: string) => string): Promise<Script> => {
  const asked: string[] = [];
  const server = createServer((socket) => {
    createInterface({ input: socket })
      .on("error", () => undefined)
      .on("line", (line) => {
        asked.push(line);
        if (line === "LOGOUT") return void socket.end("OK Goodbye\n");
        const text = reply(line);
        if (text !== "") socket.write(`${text}\n`);
      });
    socket.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

const variables = 'BEGIN LIST VAR ups\nVAR ups ups.status "OL"\nVAR ups ups.load "7"\nVAR ups battery.charge "90"\nEND LIST VAR ups';
const commands = "BEGIN LIST CMD ups\nCMD ups beeper.mute\nEND LIST CMD ups";
const lists: Readonly<Record<string, string>> = { "LIST VAR ups": variables, "LIST CMD ups": commands };
const login = { username: "me", password: "it" };

test("a server that wants to know who reads is told, once", async () => {
  let known = false;
  await using server = await scripted((line) => {
    if (line.startsWith("PASSWORD")) known = true;
    if (/^(USERNAME|PASSWORD)/.test(line)) return "OK";
    return known ? (lists[line] ?? "ERR UNKNOWN-COMMAND") : "ERR ACCESS-DENIED";
  });
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  expect((await ups.everything()).get("ups ups.load")).toBe(7);
  await ups.everything();
  expect(server.asked.filter((line) => line.startsWith("PASSWORD"))).toEqual(["PASSWORD it"]);
});

test("a server that denies all the same, or that we have no name for, is denied and not asked for ever", async () => {
  await using server = await scripted((line) => (/^(USERNAME|PASSWORD)/.test(line) ? "OK" : "ERR ACCESS-DENIED"));
  await using named = await openUps({ port: server.port, ups: "ups", ...login });
  await using nameless = await openUps({ port: server.port, ups: "ups" });
  expect(await faultOf(named.describe())).toMatchObject({ kind: "denied" });
  expect(await faultOf(nameless.describe())).toMatchObject({ kind: "denied" });
  expect(server.asked.length).toBeLessThan(12);
});

test("an old server that does not track says OK, and that is all there is", async () => {
  await using server = await scripted((line) => lists[line] ?? (/^(USERNAME|PASSWORD|INSTCMD)/.test(line) ? "OK" : "ERR INVALID-ARGUMENT"));
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  await ups.describe();
  await ups.execute("ups", "ups.beeperMute");
  expect(server.asked.filter((line) => line.startsWith("INSTCMD"))).toEqual(["INSTCMD ups beeper.mute"]);
});

test.for([
  ["no answer", "", "timeout"],
  ["an answer that makes no sense", 'VAR ups a "b"', "malformed"],
] as const)("%s to a command: it may have acted, and is not sent again", async ([, reply, kind]) => {
  await using server = await scripted((line) => lists[line] ?? (line.startsWith("INSTCMD") ? reply : "OK"));
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  await ups.describe();
  expect(await faultOf(ups.execute("ups", "ups.beeperMute", soon(200)))).toMatchObject({ kind, written: true });
  expect(server.asked.filter((line) => line.startsWith("INSTCMD"))).toHaveLength(1);
});

test("a name that the server refuses is denied before any command leaves", async () => {
  await using server = await scripted((line) => lists[line] ?? (line.startsWith("USERNAME") ? "ERR INVALID-USERNAME" : "OK"));
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  await ups.describe();
  expect(await faultOf(ups.execute("ups", "ups.beeperMute"))).toMatchObject({ kind: "denied", written: false });
  expect(server.asked.some((line) => line.startsWith("INSTCMD"))).toBe(false);
});

test("few points are asked one by one, many by one list, and the same list needs no new plan", async () => {
  await using server = await scripted((line) => lists[line] ?? (line.endsWith("ups.load") ? 'VAR ups ups.load "8"' : 'VAR ups ups.status "OB"'));
  await using ups = await openUps({ port: server.port, ups: "ups" });
  await ups.describe();
  const few = [
    { part: "ups", point: "ups.load" },
    { part: "ups", point: "ups.onBattery" },
    { part: "ups", point: "ups.status" },
  ] as const;
  expect(Object.fromEntries(await ups.read(...few))).toEqual({ "ups ups.load": 8, "ups ups.onBattery": true, "ups ups.status": ["OB"] });
  expect(server.asked.slice(2)).toEqual(["GET VAR ups ups.load", "GET VAR ups ups.status"]);
  expect((await ups.read(...few, { part: "ups", point: "ups.charge" })).get("ups ups.charge")).toBe(90);
  expect(server.asked.slice(4)).toEqual(["LIST VAR ups"]);
  expect((await ups.read({ part: "outlet/7", point: "outlet.on" })).size).toBe(0);
  expect(server.asked).toHaveLength(5);
});
