import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { isFault } from "#domain/fault.ts";
import { Secret } from "#domain/secret.ts";
import { createLog } from "#platform/log.ts";
import { systemClock } from "#platform/clock.ts";
import { openCore, type CoreConnection, type CoreState } from "#transport/homeassistant/core-connection.ts";
import { socketAddress } from "#transport/homeassistant/core-socket.ts";
import { applyStates, watchStates, type EntityState } from "#transport/homeassistant/core-states.ts";
import { freePort } from "#test/peer/port.ts";
import { until } from "#test/peer/until.ts";
import { handClock } from "#test/platform/hand-clock.ts";
import { CoreDouble } from "./core-double.ts";

const lines: string[] = [];
const log = createLog("debug", (line) => void lines.push(line));
const never = new AbortController().signal;
const share = (core: CoreDouble, token = "simulated", clock = systemClock): CoreConnection => openCore({ url: core.url, token: new Secret(token), clock, log });
const failure = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error,
  );

describe("the connection to Core", () => {
  test("logs in, calls, and gives results and refusals", async () => {
    await using core = await CoreDouble.start();
    await using connection = share(core);
    expect(connection.state).toEqual({ state: "connecting" });
    await connection.connected(never);
    expect(connection.state).toEqual({ state: "connected", version: "2026.8.3" });
    expect(await connection.call({ type: "get_config" })).toMatchObject({ state: "RUNNING" });
    const codes = { unauthorized: "denied", unknown_command: "unsupported", timeout: "timeout", home_assistant_error: "rejected", not_found: "rejected" };
    for (const [code, kind] of Object.entries(codes)) {
      core.answer = () => ({ error: { code, message: "No such thing." } });
      const fault = await failure(connection.call({ type: "get_config" }));
      expect(fault).toMatchObject({ kind, message: "Home Assistant refused get_config: No such thing", written: false });
    }
  });

  test("is one for all who want the same Home Assistant with the same token, and ends with the last of them", async () => {
    await using core = await CoreDouble.start();
    const first = share(core);
    const second = openCore({ url: `${core.url}/`, token: new Secret("simulated"), clock: systemClock, log });
    const other = share(core, "wrong");
    await Promise.all([first.connected(never), second.connected(never)]);
    await failure(other.connected(never));
    await until(() => core.clients === 1, "only the good one is connected");
    expect(core.logins).toBe(2);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    expect(await second.call({ type: "get_config" })).toBeDefined();
    await second[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await until(() => core.clients === 0, "nobody is connected");
    expect(isFault(await failure(second.call({ type: "get_config" })), "unreachable")).toBe(true);
  });

  test("a wrong token is refused, seldom tried again, and never shown", async () => {
    await using core = await CoreDouble.start();
    const clock = handClock();
    await using connection = share(core, "wrong-token", clock);
    const fault = await failure(connection.connected(never));
    expect(fault).toMatchObject({ kind: "denied", message: expect.stringContaining("does not accept the token") as string });
    expect(connection.state).toMatchObject({ state: "refused" });
    expect(await failure(connection.call({ type: "get_config" }))).toMatchObject({ kind: "denied" });
    await until(() => clock.due < Number.POSITIVE_INFINITY, "it waits");
    expect([core.logins, clock.due >= 15_000]).toEqual([1, true]);
    core.token = "wrong-token";
    // Not a moment longer: the new login would be given up before it has reached the other side.
    await clock.advance(clock.due);
    await until(() => connection.state.state === "connected", "the token is good again");
    expect(lines.join("")).not.toContain("wrong-token");
  });

  test("comes back by itself, subscribes again, and what was asked meanwhile fails at once", async () => {
    await using core = await CoreDouble.start();
    await using connection = share(core);
    await connection.connected(never);
    const states: CoreState["state"][] = [];
    using _listening = connection.onState(({ state }) => void states.push(state));
    const events: unknown[] = [];
    const begun: string[] = [];
    const heard = { again: () => void begun.push("again") };
    await using _subscription = await connection.subscribe({ type: "subscribe_events", event_type: "x" }, (event) => void events.push(event), heard);
    core.answer = ({ type }) => (type === "get_config" ? undefined : "by itself");
    const waiting = failure(connection.call({ type: "get_config" }));
    await until(() => core.heard.some(({ type }) => type === "get_config"), "the call is under way");
    const { port } = core;
    await core[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ kind: "unreachable" });
    expect(await failure(connection.call({ type: "get_config" }))).toMatchObject({ kind: "unreachable" });
    expect(isFault(await failure(connection.connected(never)), "unreachable")).toBe(true);
    await core.listen(port);
    await until(() => connection.state.state === "connected" && begun.length === 1, "it is back");
    await until(() => core.heard.filter(({ type }) => type === "subscribe_events").length === 2, "it has subscribed again");
    core.fire("x", { a: 1 });
    await until(() => events.length > 0, "the event arrives");
    expect(events).toEqual([{ event_type: "x", data: { a: 1 } }]);
    expect([states[0], states.at(-1)]).toEqual(["connecting", "connected"]);
  });

  test("a Core that falls silent is noticed by the heartbeat", async () => {
    await using core = await CoreDouble.start();
    const clock = handClock();
    await using connection = share(core, "simulated", clock);
    await connection.connected(never);
    await clock.advance(31_000);
    await until(() => core.heard.some(({ type }) => type === "ping"), "it asks");
    expect(connection.state.state).toBe("connected");
    await clock.advance(1);
    core.answer = () => undefined;
    await until(async () => {
      await clock.advance(5_000);
      return connection.state.state !== "connected";
    }, "it notices");
    expect(connection.state).toMatchObject({ state: "connecting", detail: expect.stringContaining("did not answer ping") as string });
    core.answer = () => "by itself";
    await until(async () => {
      await clock.advance(5_000);
      return connection.state.state === "connected";
    }, "it is back");
  });

  test("a server that never answers the login, one that is none, and nobody at all", async () => {
    await using core = await CoreDouble.start();
    core.silent = true;
    const clock = handClock();
    await using mute = share(core, "simulated", clock);
    const waiting = failure(mute.connected(never));
    await until(() => core.clients === 1, "it has connected");
    await clock.advance(10_000);
    expect(await waiting).toMatchObject({ kind: "timeout" });
    await using nobody = openCore({ url: `http://127.0.0.1:${await freePort("tcp")}`, token: new Secret("simulated"), clock: systemClock, log });
    expect(await failure(nobody.connected(never))).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)$/) as string,
    });
    const web = createServer((_request, response) => void response.writeHead(502).end());
    await new Promise<void>((resolve) => void web.listen(0, "127.0.0.1", resolve));
    await using other = openCore({ url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`, token: new Secret("simulated"), clock: systemClock, log });
    expect(await failure(other.connected(never))).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("(HTTP 502), but gives no websocket") as string,
    });
    web.close();
    const stop = new AbortController();
    const stopped = failure(mute.connected(stop.signal));
    stop.abort(new Error("stopped"));
    expect(await stopped).toMatchObject({ message: "stopped" });
  });

  test("garbage in place of messages ends the connection and nothing else", async () => {
    await using core = await CoreDouble.start();
    await using connection = share(core);
    let connected = 0;
    using _listening = connection.onState(({ state }) => void (connected += state === "connected" ? 1 : 0));
    await connection.connected(never);
    const garbage = ["{", "null", "3", '"x"', "[null]", "[[]]", "", "\u0000"];
    for (const [at, text] of garbage.entries()) {
      core.say(text);
      await until(() => connected === at + 2, `it is back after ${JSON.stringify(text)}`);
    }
    await using states = await watchStates(connection, ["sensor.a"], never);
    core.say(JSON.stringify({ id: 999, type: "result", success: true }));
    const { id = 0 } = core.heard.find(({ type }) => type === "subscribe_entities") ?? {};
    for (const event of [null, 3, { a: null }, { c: { "sensor.a": null } }, { r: 7 }]) core.say(JSON.stringify({ id, type: "event", event }));
    core.set("sensor.a", "5");
    await until(() => states.states.get("sensor.a")?.state === "5", "the state arrives");
    expect(connected).toBe(garbage.length + 1);
  });
});

test("the address of the websocket", () => {
  expect(socketAddress("http://homeassistant.local:8123")).toBe("ws://homeassistant.local:8123/api/websocket");
  expect(socketAddress("https://ha.example/")).toBe("wss://ha.example/api/websocket");
  expect(socketAddress("http://supervisor/core")).toBe("ws://supervisor/core/api/websocket");
});

describe("states of entities", () => {
  test("follow what Core says, are made anew after a reconnect, and a removed entity is gone", async () => {
    await using core = await CoreDouble.start();
    core.set("switch.a", "on", { friendly_name: "A" });
    core.set("sensor.b", "5");
    await using connection = share(core);
    await connection.connected(never);
    let changes = 0;
    await using live = await watchStates(connection, ["switch.a", "sensor.b", "sensor.none"], never, () => changes++);
    expect([...live.states]).toEqual([
      ["switch.a", { state: "on", attributes: { friendly_name: "A" } }],
      ["sensor.b", { state: "5", attributes: {} }],
    ]);
    core.set("switch.a", "off");
    await until(() => live.states.get("switch.a")?.state === "off", "the change arrives");
    expect(changes).toBe(2);
    core.states.delete("sensor.b");
    core.drop();
    await until(() => live.states.size === 1, "the map is made anew");
    core.remove("switch.a");
    await until(() => live.states.size === 0, "the entity is gone");
    await using none = await watchStates(connection, [], never);
    expect([none.states.size, core.heard.filter(({ type }) => type === "subscribe_entities").length]).toEqual([0, 2]);
  });

  test("differences applied one by one give what the whole would have given", () => {
    const attributes = fc.dictionary(fc.constantFrom("unit", "class", "name"), fc.integer(), { maxKeys: 3 });
    const states = fc.record({ s: fc.constantFrom("on", "off", "5"), a: attributes });
    let compared = 0;
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 8 }), (history) => {
        const map = new Map<string, EntityState>();
        let before = history[0] ?? expect.fail();
        applyStates(map, { a: { "sensor.x": before } });
        for (const next of history.slice(1)) {
          const gone = Object.keys(before.a).filter((name) => !(name in next.a));
          const more = Object.fromEntries(Object.entries(next.a).filter(([name, value]) => before.a[name] !== value));
          applyStates(map, {
            c: { "sensor.x": { "+": { ...(next.s !== before.s && { s: next.s }), a: more }, ...(gone.length > 0 && { "-": { a: gone } }) } },
          });
          before = next;
          compared++;
        }
        expect(map.get("sensor.x")).toEqual({ state: before.s, attributes: before.a });
      }),
    );
    expect(compared).toBeGreaterThan(100);
  });
});
