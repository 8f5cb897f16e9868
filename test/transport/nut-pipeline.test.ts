import { afterEach, beforeEach, expect, test } from "vitest";
import { type Fault, isFault } from "#domain/fault.ts";
import { virtualClock, type VirtualClock } from "#test/platform/virtual-clock.ts";
import { patience, Pipeline } from "#transport/nut/pipeline.ts";
import { getVariable, instantCommand, listCommands, listVariables, trackingState, version } from "#transport/nut/question.ts";

let clock: VirtualClock;
let written: string[];
let ended: Fault[];
let pipeline: Pipeline;
beforeEach(() => {
  clock = virtualClock();
  written = [];
  ended = [];
  pipeline = new Pipeline(
    clock,
    (text) => void written.push(text),
    (fault) => void ended.push(fault),
  );
});
afterEach(() => clock[Symbol.dispose]());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const say = (...lines: readonly string[]): void => pipeline.take(Buffer.from(lines.map((line) => `${line}\n`).join("")));
const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
  const end = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFault(end)) throw new Error("no fault", { cause: end });
  return end;
};

test("what is asked in one turn leaves in one write, and answers find their questions in order", async () => {
  const all = Promise.all([pipeline.ask(listVariables("a")), pipeline.ask(getVariable("b", "ups.status")), pipeline.ask(listCommands("a"))]);
  await turn();
  expect(written).toEqual(["LIST VAR a\nGET VAR b ups.status\nLIST CMD a\n"]);
  say("BEGIN LIST VAR a", 'VAR a ups.status "OL"', "END LIST VAR a", "ERR DATA-STALE");
  say("BEGIN LIST CMD a", "CMD a beeper.mute", "END LIST CMD a");
  await expect(all).rejects.toMatchObject({ kind: "unreachable", cause: "DATA-STALE" });
  expect(pipeline.open).toBe(true);
  const again = pipeline.ask(listVariables("a"));
  await turn();
  say("BEGIN LIST VAR a", 'VAR a ups.status "OL"', "END LIST VAR a");
  expect(await again).toEqual(new Map([["ups.status", "OL"]]));
});

test.for([
  ["BEGIN LIST VAR b"],
  ["BEGIN LIST CMD a"],
  ["BEGIN LIST VAR a", 'VAR b ups.status "OL"'],
  ["BEGIN LIST VAR a", "BEGIN LIST VAR a"],
  ["BEGIN LIST VAR a", "END LIST VAR b"],
  ["OK"],
  [""],
])("an answer to another question (%j) ends the connection: nothing behind it can be trusted", async (lines) => {
  const first = faultOf(pipeline.ask(listVariables("a")));
  const second = faultOf(pipeline.ask(listVariables("c")));
  await turn();
  say(...lines);
  expect((await first).kind).toBe("malformed");
  expect((await second).kind).toBe("unreachable");
  expect(ended).toHaveLength(1);
  expect((await faultOf(pipeline.ask(version))).kind).toBe("unreachable");
});

test.for(['VAR b ups.load "3"', 'VAR a ups.status "OL"', "VAR a ups.load", 'VAR a ups.load "3" "4"', 'UPSDESC a ups.load "3"'])(
  "%s is no answer to the load of a",
  async (line) => {
    const load = faultOf(pipeline.ask(getVariable("a", "ups.load")));
    await turn();
    say(line);
    expect((await load).kind).toBe("malformed");
  },
);

test("a line that nobody asked for ends the connection", () => {
  say("OK");
  expect(ended.map(({ kind }) => kind)).toEqual(["malformed"]);
});

test("a value cut by the server's buffer costs its own value and no more", async () => {
  const list = pipeline.ask(listVariables("a"));
  const next = pipeline.ask(getVariable("a", "ups.load"));
  await turn();
  say("BEGIN LIST VAR a", 'VAR a ups.alarm "very lonVAR a ups.load "3"', 'VAR a ups.status "OL"', 'VAR a ups.zzz "very lonEND LIST VAR a');
  say('VAR a ups.load "3"');
  expect(await list).toEqual(new Map([["ups.status", "OL"]]));
  expect(await next).toBe("3");
});

test("a list without an end does not fill the memory", async () => {
  const list = faultOf(pipeline.ask(listVariables("a")));
  await turn();
  say("BEGIN LIST VAR a");
  let said = 0;
  for (; ended.length === 0 && said < 100_000; said++) say(`VAR a v${said} "x"`);
  expect((await list).kind).toBe("malformed");
  expect(said).toBeLessThanOrEqual(20_000);
});

test("silence ends the connection: timeout for what was sent, and nothing is said to have been sent that was not", async () => {
  const sent: string[] = [];
  const first = faultOf(pipeline.ask(instantCommand("a", "load.off"), { sent: () => void sent.push("off") }));
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual(["off"]);
  expect((await first).kind).toBe("timeout");
  expect(clock.monotonic()).toBe(patience);
  expect((await faultOf(pipeline.ask(instantCommand("a", "load.off"), { sent: () => void sent.push("again") }))).kind).toBe("unreachable");
  expect(sent).toEqual(["off"]);
});

test("a slow server that keeps speaking is waited for, one that only drips is not", async () => {
  const slow = pipeline.ask(listVariables("a"));
  await turn();
  say("BEGIN LIST VAR a");
  for (let at = 0; at < 3; at++) {
    await clock.sleep(patience - 1000);
    say(`VAR a v${at} "x"`);
  }
  say("END LIST VAR a");
  expect((await slow).size).toBe(3);
  const dripping = faultOf(pipeline.ask(version));
  const from = clock.monotonic();
  await turn();
  while (pipeline.open) {
    await clock.sleep(1000);
    pipeline.take(Buffer.from("x"));
  }
  expect((await dripping).kind).toBe("timeout");
  expect(clock.monotonic() - from).toBeLessThanOrEqual(4 * patience + 1000);
});

test("who stops waiting gets a timeout; his answer is not mistaken for the next one's", async () => {
  const stop = new AbortController();
  const gone = faultOf(pipeline.ask(getVariable("a", "ups.load"), { signal: stop.signal }));
  const stays = pipeline.ask(trackingState("1"));
  await turn();
  stop.abort();
  expect((await gone).kind).toBe("timeout");
  say('VAR a ups.load "3"', "SUCCESS");
  expect(await stays).toBe("SUCCESS");
});

test("what is given up before it left does not leave", async () => {
  const stop = new AbortController();
  const sent: string[] = [];
  const gone = faultOf(pipeline.ask(instantCommand("a", "load.off"), { signal: stop.signal, sent: () => void sent.push("off") }));
  stop.abort();
  expect((await gone).kind).toBe("timeout");
  expect((await faultOf(pipeline.ask(version, { signal: stop.signal }))).kind).toBe("timeout");
  await turn();
  expect(written).toEqual([]);
  expect(sent).toEqual([]);
});
