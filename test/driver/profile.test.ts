import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bundledProfiles } from "#driver/profile/bundled-profiles.ts";
import { candidates } from "#driver/profile/identify.ts";
import { parseProfile } from "#driver/profile/load.ts";
import { optionsSchema } from "#driver/profile/options.ts";
import { decoder } from "#driver/profile/value.ts";
import type { Profile } from "#driver/profile/schema.ts";
import { createSnmpDriver } from "#driver/profile/snmp-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { simulatedPdu } from "../peer/snmp-pdu.ts";

const minimal = `protocol: snmp
match: { answers: 1.3.6.1.4.1.9.1 }
products: []
device: {}
parts:
  outlet:
    rows: 1.3.6.1.4.1.9.2
    points:
      outlet.on: { get: 1.3.6.1.4.1.9.3, map: { 1: false, 2: true } }
    commands:
      outlet.on: { set: 1.3.6.1.4.1.9.4, to: 1 }
`;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const complaint = (text: string): string => {
  try {
    parseProfile("made", text, "made.yaml");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

describe("a profile", () => {
  test("that is right is taken as it is", () => {
    expect(parseProfile("made", minimal, "made.yaml").parts["outlet"]?.commands).toEqual({ "outlet.on": { set: "1.3.6.1.4.1.9.4", to: 1, type: "integer" } });
  });

  test.each([
    [
      "a point that is not in the catalogue",
      minimal.replace("outlet.on: { get", "outlet.lit: { get"),
      "made.yaml:9:19: parts.outlet.points.outlet.lit: outlet.lit: the catalogue has no such point",
    ],
    [
      "a command that is not in the catalogue",
      minimal.replace("outlet.on: { set", "outlet.toggle: { set"),
      "made.yaml:11:22: parts.outlet.commands.outlet.toggle: outlet.toggle: the catalogue has no such command",
    ],
    ["a flag without a map", minimal.replace(", map: { 1: false, 2: true }", ""), "outlet.on: a map to true and false was expected"],
    ["a flag whose map gives texts", minimal.replace("1: false", "1: off?"), "made.yaml:9:47: parts.outlet.points.outlet.on.map"],
    ["a scale on what is no number", minimal.replace(", map", ", scale: 0.1, map"), "only a number has a scale"],
    ["a misspelt key", minimal.replace("rows:", "row:"), "made.yaml:7:5: parts.outlet"],
    [
      "an object that is none",
      minimal.replace("get: 1.3.6.1.4.1.9.3", "get: power"),
      "made.yaml:9:25: parts.outlet.points.outlet.on.get: an object identifier was expected",
    ],
    ["broken YAML", minimal.replace("products: []", "products: ["), "made.yaml:"],
    ["an expression", minimal.replace("to: 1", "to: 1, when: state == 2"), "made.yaml:11:18"],
  ])("with %s is refused, with file, line and column", (_, text, message) => expect(complaint(text)).toContain(message));

  test("tells all of its mistakes at once", () => {
    const wrong = minimal.replace("outlet.on: { get", "outlet.lit: { get").replace("outlet.on: { set", "outlet.toggle: { set");
    expect(complaint(wrong).split("\n").length).toBe(2);
  });
});

describe("which profile is tried first", () => {
  const order = (objectId: string | undefined): string[] => candidates(bundledProfiles, objectId).map(({ name }) => name);
  test("the newest tree of the vendor, then the older one, then what any vendor may have", () => {
    expect(order("1.3.6.1.4.1.318.1.3.4.6")).toEqual(["apc-rack-pdu-2g", "apc-rack-pdu", "apc-ups", "ups-mib"]);
    expect(order("1.3.6.1.4.1.3180.1")).toEqual(["ups-mib"]);
    expect(order(undefined)).toEqual(["ups-mib"]);
  });
  test("the longest prefix beats any rank", () => {
    const [one, two] = bundledProfiles as readonly [Profile, Profile];
    const longer: Profile = { ...two, name: "longer", match: { ...two.match, sysObjectID: ["1.3.6.1.4.1.318.1.3"], rank: -5 } };
    expect(candidates([one, two, longer], "1.3.6.1.4.1.318.1.3.4").map(({ name }) => name)[0]).toBe("longer");
  });
});

describe("values", () => {
  const integer = (value: number) => ({ oid: "1.3.6", type: 2, value });
  test("no sentinel is ever given as a number, and every other number is scaled to what was counted", () => {
    const sentinels = [-1, -2_000_000, 4_294_967_295];
    let given = 0;
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...sentinels), fc.integer()), fc.constantFrom(1, 0.1, 0.01, 10), (raw, scale) => {
        const value = decoder("meter.power", { get: "1.3.6", scale, absent: sentinels })(integer(raw), undefined);
        if (sentinels.includes(raw)) return value === undefined;
        given++;
        return typeof value === "number" && Math.abs(value - raw * scale) <= Math.abs(raw) * 1e-9;
      }),
      { numRuns: 500 },
    );
    expect(given).toBeGreaterThan(100);
  });
  test.each(["N/A", "not-support", "", "unknown", "1.2.3"])("the text %j is no number", (text) => {
    expect(decoder("meter.current", { get: "1.3.6" })({ oid: "1.3.6", type: 4, value: Buffer.from(text) }, undefined)).toBeUndefined();
  });
  test("a text that is a number is one, and 0 is a value", () => {
    expect(decoder("meter.current", { get: "1.3.6" })({ oid: "1.3.6", type: 4, value: Buffer.from("0.70 ") }, undefined)).toBe(0.7);
    expect(decoder("meter.power", { get: "1.3.6", minimum: 0 })(integer(0), undefined)).toBe(0);
  });
  test("the device's own number of decimals is used, and without it there is no value", () => {
    const decode = decoder("meter.current", { get: "1.3.6", digits: "1.3.7" });
    expect(decode(integer(1234), integer(3))).toBe(1.234);
    expect(decode(integer(1234), undefined)).toBeUndefined();
  });
  test("a state without a name is absent", () =>
    expect(decoder("outlet.on", { get: "1.3.6", map: { 1: false, 2: true } })(integer(3), undefined)).toBeUndefined());
});

describe("options", () => {
  const schema = optionsSchema(["apc-rack-pdu"]);
  const wrong = (options: object): string[] =>
    schema.safeParse({ host: "pdu", ...options }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  const secret = { protocol: "SHA", key: "long enough" };

  test("the version is a text or a number, as YAML has it", () => {
    expect([1, "1", "2c", undefined].map((version) => schema.parse({ host: "pdu", community: "x", version }).version)).toEqual(["1", "1", "2c", "2c"]);
    expect([3, "3"].map((version) => schema.parse({ host: "pdu", user: "x", version }).version)).toEqual(["3", "3"]);
  });
  test("vendors' spellings of a protocol are known", () => {
    const of = (protocol: string): string | undefined =>
      schema.parse({ host: "pdu", user: "x", version: 3, authentication: { ...secret, protocol } }).authentication?.protocol;
    expect(["sha", "SHA1", "sha256", "SHA-384", "sha_512", "md5"].map(of)).toEqual(["SHA", "SHA", "SHA-256", "SHA-384", "SHA-512", "MD5"]);
  });
  test("DES is refused in words", () => {
    expect(wrong({ version: 3, user: "x", authentication: secret, privacy: { protocol: "DES", key: "long enough" } })).toEqual([
      "privacy.protocol: DES is not supported: OpenSSL 3 has it no more; use AES",
    ]);
  });
  test.each([
    [{}, "community: version 2c needs a community"],
    [{ version: 3 }, "user: version 3 needs a user"],
    [{ version: 3, user: "x", privacy: { protocol: "AES", key: "long enough" } }, "privacy: privacy needs authentication"],
    [{ community: "x", user: "y" }, "user: user is for version 3"],
    [{ version: 3, user: "x", authentication: { protocol: "SHA", key: "short" } }, "authentication.key: a key has at least 8 characters (RFC 3414)"],
    [{ community: "x", comunity: "y" }, ': Unrecognized key: "comunity"'],
  ])("%j: %s", (options, message) => expect(wrong(options)).toEqual([message]));
  test("secrets do not show", () => expect(JSON.stringify(schema.parse({ host: "pdu", community: "hush" }))).not.toContain("hush"));
});

test("the simulator's PDU goes the whole way: 24 outlets found, read in whole, and one switched", async () => {
  const pdu = simulatedPdu(24);
  await using agent = await startPduAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", pdu: () => pdu });
  const driver = createSnmpDriver(systemClock);
  const { signal } = new AbortController();
  await using session = await driver.open(driver.options.parse({ host: "127.0.0.1", port: agent.port, community: "private" }), {} as never, signal);
  const { parts, ...device } = await session.describe(signal);
  expect(device).toEqual({ manufacturer: "APC", model: pdu.model, serial: pdu.serial, firmware: pdu.firmware });
  const wanted = parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point })));
  const readings = await session.read(wanted, signal);
  expect(readings.map(({ part, point }) => ({ part, point }))).toEqual(wanted);
  expect(readings.filter(({ point }) => point === "outlet.on").length).toBe(24);
  await session.execute?.({ device: "pdu", part: "outlet/3", name: "outlet.off", by: { via: "mqtt" } }, signal);
  expect(pdu.asked).toEqual([{ number: 3, to: "off" }]);
  const after = await session.read(
    [
      { part: "outlet/3", point: "outlet.on" },
      { part: "outlet/3", point: "meter.power" },
    ],
    signal,
  );
  expect(after.map(({ value }) => value)).toEqual([false, 0]);
  await expect(session.execute?.({ device: "pdu", part: "outlet/99", name: "outlet.off", by: { via: "mqtt" } }, signal)).rejects.toMatchObject({
    kind: "unsupported",
    written: false,
  });
});

test("poll after poll, a session reads what one that has just begun reads, whatever changed in between", async () => {
  const pdu = simulatedPdu(8);
  const outlets = pdu.outlets as Mutable<(typeof pdu.outlets)[number]>[];
  await using agent = await startPduAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", pdu: () => pdu });
  const driver = createSnmpDriver(systemClock);
  const { signal } = new AbortController();
  const open = async () => {
    const session = await driver.open(driver.options.parse({ host: "127.0.0.1", port: agent.port, community: "public" }), {} as never, signal);
    const { parts } = await session.describe(signal);
    return { session, wanted: parts.flatMap(({ id: part, points }) => points.map((point) => ({ part, point }))) };
  };
  const old = await open();
  await using _old = old.session;
  const seen = { polls: 0, kept: 0, made: 0 };
  let before: readonly object[] = [];
  const change = fc.record({
    at: fc.nat(7),
    on: fc.boolean(),
    watts: fc.constantFrom(0, 41, 42, 300),
    energy: fc.constantFrom(100, 101, 70_000),
    pending: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
      for (const { at, ...state } of changes) Object.assign(outlets[at] ?? {}, state);
      const fresh = await open();
      await using _fresh = fresh.session;
      const readings = await old.session.read(old.wanted, signal);
      expect(readings).toEqual(await fresh.session.read(fresh.wanted, signal));
      seen.polls++;
      for (const [at, one] of readings.entries()) seen[one === before[at] ? "kept" : "made"]++;
      before = readings;
    }),
    { numRuns: 60 },
  );
  expect(seen.polls).toBeGreaterThanOrEqual(60);
  expect(seen.kept).toBeGreaterThan(seen.made);
  expect(seen.made).toBeGreaterThan(60);
});
