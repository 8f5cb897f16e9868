import { connect } from "node:net";
import { expect, test } from "vitest";
import { repair, type Repair } from "#domain/repair.ts";
import { until } from "#test/peer/until.ts";
import { keyOf, startRig, type Rig } from "./rest-rig.ts";

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

interface Reader extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** All but those of repairs. */
  readonly events: Event[];
  readonly repairs: unknown[];
  text(): string;
  /** How it ended, when it has: by the server's word, or cut off. */
  over(): "ended" | "broken" | undefined;
}

const parse = (block: string): Event | undefined => {
  const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  return fields["data"] === undefined
    ? undefined
    : { id: fields["id"] ?? "", event: fields["event"] ?? "", data: JSON.parse(fields["data"]) as Record<string, unknown> };
};

const watch = async (rig: Rig, query = "", headers: Record<string, string> = {}): Promise<Reader> => {
  const stop = new AbortController();
  const answer = await rig.ask(`/api/v1/events${query}`, "read", { headers, signal: stop.signal });
  const events: Event[] = [];
  const repairs: unknown[] = [];
  let text = "";
  let over: "ended" | "broken" | undefined;
  const follow = async (): Promise<void> => {
    let rest = "";
    for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = (rest + piece).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const event of blocks.map(parse)) {
        if (event?.event === "repairs") repairs.push(event.data);
        else if (event) events.push(event);
      }
    }
  };
  const done = follow().then(
    () => (over = "ended"),
    () => (over = "broken"),
  );
  return {
    status: answer.status,
    headers: answer.headers,
    events,
    repairs,
    text: () => text,
    over: () => over,
    [Symbol.asyncDispose]: async () => (stop.abort(), void (await done)),
  };
};

const names = ({ events }: Reader): readonly string[] => events.map(({ event, data }) => `${event} ${String(data["device"] ?? data["id"])}`);

test("the whole state first, then each change as it happens", async () => {
  await using rig = await startRig();
  await using reader = await watch(rig);
  expect(reader.headers.get("content-type")).toMatch(/^text\/event-stream/);
  await until(() => reader.events.length === 4, "the state of four devices");
  expect(names(reader)).toEqual(["device rack-pdu", "device web", "device office-ups", "device attic"]);
  expect(reader.events[0]?.data).toEqual(await (await rig.ask("/api/v1/devices/rack-pdu", "read")).json());

  rig.store.put("rack-pdu", [{ part: "outlet/8", point: "meter.power", value: 12.34 }], Date.UTC(2026, 0, 31, 13));
  rig.store.connect("office-ups", { state: "online", since: Date.UTC(2026, 0, 31, 13) });
  await rig.command("rack-pdu", "outlet/8", "outlet.off");
  rig.store.remove("attic");
  await until(() => reader.events.length === 8, "four changes");
  expect(reader.events.slice(4).map(({ event, data }) => ({ event, data }))).toEqual([
    {
      event: "readings",
      data: { device: "rack-pdu", part: "outlet/8", readings: { "meter.power": { value: 12.3, unit: "W", at: "2026-01-31T13:00:00.000Z", quality: "good" } } },
    },
    { event: "connection", data: { device: "office-ups", connection: { state: "online", since: "2026-01-31T13:00:00.000Z" } } },
    { event: "outcome", data: expect.objectContaining({ device: "rack-pdu", part: "outlet/8", command: "outlet.off", state: "confirmed" }) },
    { event: "removed", data: { device: "attic" } },
  ]);
  expect(new Set(reader.events.map(({ id }) => id)).size).toBe(8);
});

test("what has to be repaired: at the start, and only when it is something else", async () => {
  const denied = repair({ kind: "denied", device: "web" }, "web refuses our login");
  let list: readonly Repair[] = [];
  let asked = 0;
  const repairs = (): readonly Repair[] => {
    asked++;
    return list;
  };
  await using rig = await startRig({ repairs, limits: { repairCheck: 5 } });
  {
    await using reader = await watch(rig);
    await using late = await watch(rig, "?device=web");
    await until(() => reader.repairs.length === 1, "an empty list");
    const before = asked;
    await until(() => asked > before + 5, "some looks");
    list = [denied];
    await until(() => reader.repairs.length === 2, "the new list");
    expect(reader.repairs).toEqual([[], [{ id: "denied:web", kind: "denied", device: "web", detail: "web refuses our login" }]]);
    await until(() => late.events.length === 1, "its device");
    expect(late.repairs).toEqual([]);
  }
  await until(async () => {
    const before = asked;
    await new Promise((done) => setTimeout(done, 50));
    return asked === before;
  }, "nobody to look any more");
});

test("one device only, when asked", async () => {
  await using rig = await startRig();
  await using reader = await watch(rig, "?device=web");
  await rig.command("rack-pdu", "outlet/8", "outlet.off");
  rig.store.put("rack-pdu", [{ part: "outlet/8", point: "meter.power", value: 1 }], 1);
  await rig.command("web", "chassis", "chassis.off");
  await until(() => reader.events.length === 2, "its state and its outcome");
  expect(names(reader)).toEqual(["device web", "outcome web"]);
});

test("whoever comes back is told the outcomes since then, and no token of another's", async () => {
  await using rig = await startRig();
  let known = "";
  {
    await using reader = await watch(rig);
    await rig.command("rack-pdu", "outlet/8", "outlet.off");
    await until(() => reader.events.length === 5, "four devices and an outcome");
    known = reader.events[4]?.id ?? "";
  }
  rig.bus.answer = () => ({ state: "refused", refusal: "confirmation-needed", confirm: "token-1" });
  await rig.command("rack-pdu", "outlet/7", "outlet.off");
  await rig.command("web", "chassis", "chassis.off");
  {
    await using reader = await watch(rig, "", { "last-event-id": known });
    await until(() => reader.events.length === 6, "two outcomes and four devices");
    expect(names(reader).slice(0, 3)).toEqual(["outcome rack-pdu", "outcome web", "device rack-pdu"]);
    expect(reader.events[0]?.data).toMatchObject({ part: "outlet/7" });
    expect(reader.text()).not.toContain("token-1");
  }
  {
    await using reader = await watch(rig, "?device=web", { "last-event-id": known });
    await until(() => reader.events.length === 2, "one outcome and one device");
    expect(names(reader)).toEqual(["outcome web", "device web"]);
  }
  {
    // An outcome that is not in the log any more: better told again than missed.
    await using reader = await watch(rig, "", { "last-event-id": "forgotten.3" });
    await until(() => reader.events.length === 7, "three outcomes and four devices");
  }
  {
    await using reader = await watch(rig, "", { "last-event-id": "non sense" });
    await until(() => reader.events.length === 4, "four devices");
    expect(names(reader)[0]).toBe("device rack-pdu");
  }
});

test("a sign of life when nothing happens", async () => {
  await using rig = await startRig({ limits: { heartbeat: 20 } });
  await using reader = await watch(rig);
  await until(() => (reader.text().match(/^: \d{4}-/gm) ?? []).length >= 2, "two comments");
  expect(reader.events).toHaveLength(4);
});

test("a reader that does not read is cut off, and holds back nobody else", async () => {
  await using rig = await startRig({ limits: { waitingEvents: 50, streams: 2 } });
  const stuck = connect({ host: "127.0.0.1", port: rig.server.port });
  let closed = false;
  stuck.on("close", () => (closed = true)).on("error", () => undefined);
  stuck.write(`GET /api/v1/events HTTP/1.1\r\nHost: rack\r\nX-API-Key: ${keyOf.read}\r\n\r\n`);
  await new Promise((resolve) => stuck.once("readable", resolve));
  stuck.pause();
  await using reader = await watch(rig);
  let changes = 0;
  const words = "x".repeat(100_000);
  const hasLast = (): boolean => reader.events.some(({ data }) => JSON.stringify(data).includes(`x${changes}"`));
  // The good reader has the time to read, as slow as this machine may be just now.
  await until(async () => {
    for (let more = 0; more < 20; more++) rig.store.put("office-ups", [{ part: "ups", point: "ups.status", value: [`${words}${++changes}`] }], changes);
    await until(hasLast, "the good reader has the last change");
    return rig.lines.some((line) => line.includes("cut off"));
  }, "the stuck reader is cut off");
  await until(() => rig.bus.listeners() === 2, "only the metrics and the good reader listen");
  expect(reader.over()).toBeUndefined();
  await using next = await until(async () => {
    const another = await watch(rig);
    return another.status === 200 && another;
  }, "its place is free, though it has not read on");
  expect(next.status).toBe(200);
  stuck.resume();
  await until(() => closed, "the socket of the stuck one is closed");
});

test("streams are counted, and given back when a reader leaves; nothing listens for one that has left", async () => {
  await using rig = await startRig({ limits: { streams: 1 } });
  const idle = rig.bus.listeners();
  {
    await using first = await watch(rig);
    expect(first.status).toBe(200);
    await using second = await watch(rig);
    expect([second.status, second.headers.get("content-type")]).toEqual([503, "application/problem+json; charset=utf-8"]);
    expect(rig.bus.listeners()).toBe(idle + 1);
  }
  await until(() => rig.bus.listeners() === idle, "nobody listens");
  await using third = await until(async () => {
    const reader = await watch(rig);
    return reader.status === 200 && reader;
  }, "a stream is free");
  expect(third.status).toBe(200);
});

test("a HEAD opens no stream", async () => {
  await using rig = await startRig();
  expect((await rig.ask("/api/v1/events", "read", { method: "HEAD" })).status).toBe(405);
});

test("streams end when the server does", async () => {
  const rig = await startRig();
  await using reader = await watch(rig);
  await until(() => reader.events.length === 4, "the state");
  await rig[Symbol.asyncDispose]();
  expect(await until(() => reader.over(), "the end of the stream")).toBe("ended");
  expect(rig.bus.listeners()).toBe(0);
});

test("what happens to a UPS is told as it happens, and only to those who follow its device", async () => {
  await using rig = await startRig();
  await using all = await watch(rig);
  await using other = await watch(rig, "?device=rack-pdu");
  await until(() => all.events.length > 0 && other.events.length > 0, "both listen");
  rig.events.tell({ device: "office-ups", part: "ups", type: "flicker", at: Date.UTC(2026, 0, 31), status: ["OL"], lasted: 2 });
  await until(() => all.events.some(({ event }) => event === "ups"), "the event");
  expect(all.events.filter(({ event }) => event === "ups").map(({ data }) => data)).toEqual([
    { device: "office-ups", part: "ups", type: "flicker", at: "2026-01-31T00:00:00.000Z", status: ["OL"], lasted: 2 },
  ]);
  await using late = await watch(rig);
  await until(() => late.events.length > 0, "who comes later");
  expect([late, other].flatMap(({ events }) => events.filter(({ event }) => event === "ups"))).toEqual([]);
});
