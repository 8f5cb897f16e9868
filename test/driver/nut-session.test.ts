import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { faultOf, openUps, soon } from "#test/peer/nut-open.ts";

interface Script extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly string[];
  /** In so many pieces it came. */
  readonly pieces: () => number;
}

/** A server that answers each line as the test says; it stands for those that are not upsd. */
const scripted = async (reply: (line: string) => string): Promise<Script> => {
  const asked: string[] = [];
  let pieces = 0;
  const server = createServer((socket) => {
    createInterface({ input: socket })
      .on("error", () => undefined)
      .on("line", (line) => {
        asked.push(line);
        if (line === "LOGOUT") return void socket.end("OK Goodbye\n");
        const text = reply(line);
        if (text !== "") socket.write(`${text}\n`);
      });
    socket.on("error", () => undefined).on("data", () => pieces++);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    pieces: () => pieces,
    [Symbol.asyncDispose]: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

const variables = 'BEGIN LIST VAR ups\nVAR ups ups.status "OL"\nVAR ups ups.load "7"\nVAR ups battery.charge "90"\nEND LIST VAR ups';
const commands = "BEGIN LIST CMD ups\nCMD ups beeper.mute\nEND LIST CMD ups";
const writables = "BEGIN LIST RW ups\nEND LIST RW ups";
const lists: Readonly<Record<string, string>> = { "LIST VAR ups": variables, "LIST CMD ups": commands, "LIST RW ups": writables };
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
  expect(server.asked.length).toBeLessThan(16);
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
  expect(server.asked.slice(3)).toEqual(["GET VAR ups ups.load", "GET VAR ups ups.status"]);
  expect((await ups.read(...few, { part: "ups", point: "ups.charge" })).get("ups ups.charge")).toBe(90);
  expect(server.asked.slice(5)).toEqual(["LIST VAR ups"]);
  expect((await ups.read({ part: "outlet/7", point: "outlet.on" })).size).toBe(0);
  expect(server.asked).toHaveLength(6);
});

test("a device without a status cannot say that it is lost: it is unreachable, with the cause", async () => {
  const status = 'VAR ups outlet.1.status "on"';
  const pdu: Readonly<Record<string, string>> = { "LIST VAR ups": `BEGIN LIST VAR ups\n${status}\nEND LIST VAR ups`, "GET VAR ups outlet.1.status": status };
  let lost = false;
  await using server = await scripted((line) => (lost ? "ERR DATA-STALE" : (pdu[line] ?? lists[line] ?? "ERR UNKNOWN-COMMAND")));
  await using ups = await openUps({ port: server.port, ups: "ups" });
  expect((await ups.everything()).get("outlet/1 outlet.on")).toBe(true);
  lost = true;
  for (const ask of [() => ups.read({ part: "outlet/1", point: "outlet.on" }), () => ups.describe()]) {
    const fault = await faultOf(ask());
    expect(fault).toMatchObject({ kind: "unreachable" });
    expect(fault.message).toContain("gets no data from it (DATA-STALE)");
  }
});

/** So many variables that can be set, each with a list of values or a range. */
const many = Array.from({ length: 60 }, (_, at) => `vendor.setting.${at}`);
const framed = (subject: string, items: readonly string[]): string => [`BEGIN LIST ${subject}`, ...items, `END LIST ${subject}`].join("\n");
const answerMany = (line: string): string => {
  const name = line.split(" ").at(-1) ?? "";
  const even = Number(name.split(".").at(-1)) % 2 === 0;
  if (line === "LIST VAR ups")
    return framed("VAR ups", ['VAR ups ups.status "OL"', 'VAR ups ups.load "7"', 'VAR ups battery.charge "90"', ...many.map((one) => `VAR ups ${one} "2"`)]);
  if (line === "LIST RW ups")
    return framed(
      "RW ups",
      many.map((one) => `RW ups ${one} "2"`),
    );
  if (line.startsWith("GET TYPE")) return `TYPE ups ${name} RW ${even ? "ENUM" : "RANGE"} NUMBER`;
  if (line.startsWith("LIST ENUM"))
    return framed(
      `ENUM ups ${name}`,
      [1, 2, 3].map((value) => `ENUM ups ${name} "${value}"`),
    );
  if (line.startsWith("LIST RANGE")) return framed(`RANGE ups ${name}`, [`RANGE ups ${name} "1" "9"`]);
  if (line.startsWith("SET VAR ups rack-power")) return "ERR VAR-NOT-SUPPORTED";
  return /^(USERNAME|PASSWORD|SET TRACKING)/.test(line) ? "OK" : (lists[line] ?? "ERR UNKNOWN-COMMAND");
};

test("sixty variables that can be set are described in a handful of writes, and a poll asks for them with the rest", async () => {
  await using server = await scripted(answerMany);
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  const { parts } = await ups.describe();
  const settable = parts.filter(({ commands }) => commands.includes("variable.set"));
  expect(settable).toHaveLength(60);
  expect(settable[0]?.limits).toEqual({ options: ["1", "2", "3"] });
  expect(settable[1]?.limits).toEqual({ least: 1, most: 9 });
  expect(server.asked.length).toBeGreaterThan(120);
  expect(server.pieces()).toBeLessThanOrEqual(6);
  const asked = server.asked.length;
  const wanted = parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
  expect((await ups.read(...wanted)).get("variable/vendor.setting.59 variable.number")).toBe(2);
  expect(server.asked.slice(asked)).toEqual(["LIST VAR ups"]);
});

test("a server that knows of no variables to set is read all the same", async () => {
  await using server = await scripted((line) => (line === "LIST RW ups" ? "ERR INVALID-ARGUMENT" : (lists[line] ?? "ERR UNKNOWN-COMMAND")));
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  expect((await ups.everything()).get("ups ups.load")).toBe(7);
  expect(server.asked.filter((line) => line.startsWith("PASSWORD"))).toEqual([]);
});

test.for([
  ["no answer", "", "timeout"],
  ["an answer that makes no sense", "BEGIN", "malformed"],
] as const)("%s to a value that is set: it may be set, and is not sent again", async ([, reply, kind]) => {
  await using server = await scripted((line) => (line.startsWith("SET VAR ups vendor") ? reply : answerMany(line)));
  await using ups = await openUps({ port: server.port, ups: "ups", ...login });
  await ups.describe();
  expect(await faultOf(ups.execute("variable/vendor.setting.1", "variable.set", soon(200), 5))).toMatchObject({ kind, written: true });
  expect(server.asked.filter((line) => line.startsWith("SET VAR ups vendor"))).toEqual(["SET VAR ups vendor.setting.1 5"]);
});
