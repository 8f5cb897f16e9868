import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { request as plain } from "node:http";
import { request, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { readFields } from "#compat/pwrstat/field.ts";
import { sortedJson } from "#compat/pwrstat/json-text.ts";
import { statusText } from "#compat/pwrstat/status-text.ts";
import { reading, type Reading } from "#domain/device.ts";
import { statusFlags, upsStatus } from "#domain/ups-status.ts";
import { anyPort, messageTo, setState, startRig, stateOf, storeWith, transcripts, withoutHelp } from "../compat/pwrstat/rig.ts";
import { samples } from "../compat/pwrstat/sample.ts";
import { makeCertificates } from "./certificate.ts";
import { pwrstatDocker, startForerunner } from "./compat-pwrstat-forerunner.ts";
import { startMosquitto } from "./mosquitto.ts";
import { debianPackages, describeWithCheckout, describeWithPeer, gatherPeers } from "./provision.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({ forerunner: pwrstatDocker(), mosquitto: debianPackages("mosquitto") });
const states = samples.flatMap(({ state }) => (state ? [state] : []));

interface Said {
  readonly status: number;
  readonly type: string | undefined;
  readonly allow: string | undefined;
  readonly body: string;
}
const ask = (url: string, method: string, options: RequestOptions = {}): Promise<Said> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? request : plain;
    send(url, { method, agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      const { "content-type": type, allow } = response.headers;
      response.on("end", () => resolve({ status: response.statusCode ?? 0, type, allow: allow?.split(", ").toSorted().join(", "), body }));
    })
      .on("error", reject)
      .end();
  });

const number = (part: string, point: "meter.voltage" | "meter.frequency" | "meter.power", most: number): fc.Arbitrary<readonly Reading[]> =>
  fc.option(fc.double({ min: 0, max: most, noNaN: true }), { nil: undefined }).map((value) => (value === undefined ? [] : [reading(part, point, value)]));
const ups = (point: "charge" | "runtime" | "load" | "nominalPower" | "nominalApparentPower", most: number): fc.Arbitrary<readonly Reading[]> =>
  fc
    .option(fc.double({ min: 0, max: most, noNaN: true }), { nil: undefined })
    .map((value) => (value === undefined ? [] : [reading("ups", `ups.${point}`, value)]));
const text = (point: "testResult" | "lastTransfer" | "lastTransferReason", values: fc.Arbitrary<string>): fc.Arbitrary<readonly Reading[]> =>
  fc.option(values, { nil: undefined }).map((value) => (value === undefined ? [] : [reading("ups", `ups.${point}`, value)]));
const name = fc.option(fc.string({ unit: "grapheme", maxLength: 20 }), { nil: undefined });

/** Any UPS of any source. */
const anyState = fc.record({
  model: name,
  firmware: name,
  readings: fc
    .tuple(
      fc.subarray(["OL", "OB", "NOCOMM", ...Object.keys(statusFlags)]).map((words) => upsStatus("ups", words)),
      number("input", "meter.voltage", 500),
      number("input", "meter.frequency", 70),
      number("output/1", "meter.voltage", 500),
      number("output/1", "meter.power", 9999),
      ups("charge", 100),
      ups("runtime", 65_000),
      ups("load", 130),
      ups("nominalPower", 10_000),
      ups("nominalApparentPower", 10_000),
      text("testResult", fc.string({ unit: "grapheme" })),
      text("lastTransfer", fc.constantFrom("2026-02-03T04:05:06Z", "2026-12-31T23:59:59-05:00", "never")),
      text("lastTransferReason", fc.string({ unit: "grapheme" })),
    )
    .map((lists) => lists.flat()),
});
const known = (state: { readonly model: string | undefined; readonly firmware: string | undefined; readonly readings: readonly Reading[] }) => ({
  readings: state.readings,
  ...(state.model !== undefined && { model: state.model }),
  ...(state.firmware !== undefined && { firmware: state.firmware }),
});

describeWithCheckout("pwrstat_docker and we, on the same UPS", together, () => {
  test("the transcripts are what it does today", async () => {
    await using old = await startForerunner(peers.forerunner, { labels: { rack: "0" } });
    let compared = 0;
    for (const { name: sample, text: printed } of samples) {
      old.print(printed);
      const { status, body } = await ask(`${old.url}/pwrstat`, "GET");
      const metrics = await ask(old.metricUrl, "GET");
      const recorded = transcripts[sample];
      expect([status, body], sample).toEqual([recorded?.status, recorded?.answer]);
      expect(metrics.status === 200 ? withoutHelp(metrics.body) : metrics.status, sample).toBe(recorded?.metrics ?? recorded?.metricStatus);
      compared++;
    }
    expect(compared).toBe(11);
  });

  test("codes, types, bodies and Allow of every request", async () => {
    await using old = await startForerunner(peers.forerunner, {});
    await using rig = await startRig(storeWith(), { exact: true });
    let compared = 0;
    for (const state of [undefined, states[0]]) {
      if (state) setState(rig.store, state);
      old.print(state ? (statusText(stateOf(rig.store)) ?? "") : "");
      for (const path of ["/pwrstat", "/health", "/mqtthealth", "/", "/pwrstat/", "/pwrstat?x=1", "/%70wrstat", "/metrics"])
        for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"]) {
          expect(await ask(`${rig.pwrstat.url}${path}`, method), `${method} ${path}`).toEqual(await ask(`${old.url}${path}`, method));
          compared++;
        }
    }
    expect(compared).toBe(112);
  });

  test("any state, put into the vendor's text by us, becomes the same bytes by both", async () => {
    await using old = await startForerunner(peers.forerunner, {});
    let [compared, fields] = [0, 0];
    const both = async (state: (typeof states)[number]): Promise<void> => {
      const store = storeWith(state);
      await using rig = await startRig(store, { exact: true });
      old.print(statusText(stateOf(store)) ?? "");
      const [ours, theirs] = [await ask(`${rig.pwrstat.url}/pwrstat`, "GET"), await ask(`${old.url}/pwrstat`, "GET")];
      expect(ours).toEqual(theirs);
      compared++;
      fields += ours.status === 200 ? Object.keys(JSON.parse(ours.body) as object).length : 0;
    };
    for (const state of states) await both(state);
    await fc.assert(
      fc.asyncProperty(anyState, (state) => both(known(state))),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThanOrEqual(states.length + 150);
    expect(fields).toBeGreaterThan(700);
  });

  test("any text at all is read alike", async () => {
    await using old = await startForerunner(peers.forerunner, {});
    const piece = fc.oneof(
      fc.constantFrom(". ", "...", "\t", ";", "\n", "\r\n", "Load", " ", "60.0 Hz", "\u2028", "\x1c", "\x0b", "\u00a0"),
      fc.string({ unit: "grapheme" }),
    );
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(piece, fc.constantFrom("... ", ". ", ".", " "), piece, fc.constantFrom("\n", "\r\n", "\x0c", "")), { maxLength: 8 }),
        async (pieces) => {
          const given = pieces.flat().join("");
          old.print(given);
          const { status, body } = await ask(`${old.url}/pwrstat`, "GET");
          const ours = readFields(given, true);
          expect([ours ? 200 : 503, ours ? sortedJson(ours) : body]).toEqual([status, body]);
          if (ours) read++;
        },
      ),
      { numRuns: 200 },
    );
    expect(read).toBeGreaterThan(20);
  });

  test("the message: the same bytes, quality and flag on the same topic", async () => {
    await using broker = await startMosquitto(peers.mosquitto);
    const section = { broker: "127.0.0.1", port: broker.port, refresh: 1, qos: 1, retained: true };
    await using old = await startForerunner(peers.forerunner, { mqtt: { ...section, topic: "old", client_id: "old" } });
    const store = storeWith();
    const messages = { ...messageTo(broker.url), topic: "new", clientId: "new", refresh: 1, qos: 1 } as const;
    await using _rig = await startRig(store, { exact: true, mqtt: messages });
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    const last = new Map<string, string>();
    client.on("message", (topic, payload, { qos, retain }) => last.set(topic, `${qos} ${retain} ${payload.toString()}`));
    await client.subscribeAsync({ "#": { qos: 2, rap: true } });
    let compared = 0;
    for (const state of states) {
      setState(store, state);
      const printed = statusText(stateOf(store)) ?? "";
      old.print(printed);
      const expected = readFields(printed, true);
      if (!expected) continue;
      const marker = `"State": "${expected.get("State")}"`;
      const model = expected.get("Rating Power") ?? expected.get("Last Power Event") ?? "";
      for (const topic of ["old", "new"])
        await until(() => last.get(topic)?.includes(marker) === true && last.get(topic)?.includes(model) === true, `${topic}: ${marker} ${model}`, 30_000);
      expect(last.get("new")).toBe(last.get("old"));
      compared++;
    }
    expect(compared).toBe(5);
    await client.endAsync();
  });
});

describeWithPeer("what pwrstat_docker only promised", await debianPackages("mosquitto"), (peer) => {
  test("PW-W3: TLS on the listener, and nothing without it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "compat-tls-"));
    try {
      const { ca, server } = await makeCertificates(peer, folder);
      const tls = { cert: readFileSync(server.certificate, "utf8"), key: readFileSync(server.key, "utf8") };
      await using rig = await startRig(storeWith(states[0]), { rest: { ...anyPort, tls } });
      expect(rig.pwrstat.url).toMatch(/^https:/);
      const trusted = { ca: readFileSync(ca) };
      expect((await ask(`${rig.pwrstat.url}/pwrstat`, "GET", trusted)).body).toBe(transcripts["CP1500AVRLCDa"]?.answer);
      await expect(ask(`${rig.pwrstat.url}/pwrstat`, "GET")).rejects.toThrow();
      await expect(ask((rig.pwrstat.url ?? "").replace("https:", "http:"), "GET")).rejects.toThrow();
      expect((await ask(`${rig.pwrstat.url}/health`, "GET", trusted)).status).toBe(200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("PW-A7: a broker with TLS that wants a client certificate", async () => {
    await using broker = await startMosquitto(peer, { tls: "client certificate" });
    const { url = "", certificates } = broker.tls ?? {};
    const pem = (path = ""): string => readFileSync(path, "utf8");
    const good = {
      ca: pem(certificates?.ca),
      cert: pem(certificates?.client.certificate),
      key: pem(certificates?.client.key),
      rejectUnauthorized: true,
    };
    await using rig = await startRig(storeWith(states[0]), { mqtt: messageTo(url, { tls: good }) });
    await until(async () => (await rig.ask("/mqtthealth")).status === 200, "connected");
    await using stranger = await startRig(storeWith(states[0]), { mqtt: messageTo(url, { tls: { ca: good.ca, rejectUnauthorized: true } }) });
    await until(() => stranger.pwrstat.problems().length > 0, "refused without a certificate");
    await using careful = await startRig(storeWith(states[0]), { mqtt: messageTo(url, { tls: { rejectUnauthorized: true } }) });
    await until(() => careful.pwrstat.problems().length > 0, "does not trust a stranger");
    expect((await careful.ask("/mqtthealth")).status).toBe(503);
  });

  test("a broker that lets the old user do nothing but what he did still takes his messages", async () => {
    const acl = "user cellar\ntopic write ups";
    await using broker = await startMosquitto(peer, { users: { cellar: "word-of-cellar", all: "word-of-all" }, acl: `${acl}\nuser all\ntopic readwrite #` });
    const { Secret } = await import("#domain/secret.ts");
    const login = { username: "cellar", password: new Secret("word-of-cellar") };
    await using rig = await startRig(storeWith(states[0]), { mqtt: messageTo(broker.url, { ...login, topic: "ups", availability: "ups/availability" }) });
    const client = await connectAsync(broker.url, { username: "all", password: "word-of-all" });
    const heard = new Map<string, string>();
    client.on("message", (topic, payload) => heard.set(topic, payload.toString()));
    await client.subscribeAsync("#");
    await until(() => heard.get("ups") === transcripts["CP1500AVRLCDa"]?.message, "the message");
    expect([...heard.keys()]).toEqual(["ups"]);
    expect((await rig.ask("/mqtthealth")).status).toBe(200);
    await client.endAsync();
  });
});

describe("the old health check", () => {
  test("curl -sI asks for the head alone", async () => {
    await using rig = await startRig(storeWith(states[0]));
    const said = await run("curl", ["-sI", `${rig.pwrstat.url}/pwrstat`]);
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(said).toMatch(/content-type: application\/json\r\n/i);
  });
});
