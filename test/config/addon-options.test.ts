import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatOptionProblem, readOptions } from "#config/addon-options.ts";
import { sha256 } from "#platform/digest.ts";

const key = "a-key-that-is-long-enough";
const good = {
  log_level: "debug",
  mqtt_url: "mqtts://broker.lan:8883",
  mqtt_username: "rack",
  mqtt_password: "geheim-geheim",
  base_topic: "power",
  discovery_prefix: "ha",
  api_keys: [{ name: "grafana", key, scopes: ["read"] }],
};
const lines = (data: unknown): readonly string[] => readOptions(data).problems.map(formatOptionProblem);

describe("the add-on's options", () => {
  test("good ones are taken as they are, and what is secret is known to be", () => {
    const { options, problems } = readOptions(good);
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      logLevel: "debug",
      broker: { url: "mqtts://broker.lan:8883", username: "rack" },
      baseTopic: "power",
      discoveryPrefix: "ha",
      keys: [{ name: "grafana", hash: sha256(key), scopes: ["read"] }],
    });
    expect(options.secrets.toSorted()).toEqual([key, "geheim-geheim"]);
    expect(JSON.stringify(options)).not.toMatch(/"password":"geheim/);
  });

  test("without any, all is as usual", () => {
    expect(readOptions({})).toEqual({ options: { logLevel: "info", keys: [], secrets: [] }, problems: [] });
  });

  test("a text that the form left empty is not set", () => {
    const empty = { mqtt_url: "", mqtt_username: "", mqtt_password: "", base_topic: "", discovery_prefix: "" };
    expect(readOptions(empty)).toEqual(readOptions({}));
  });

  const wrong: readonly (readonly [string, unknown, readonly string[]])[] = [
    ["of the wrong type: level", { log_level: 3 }, ["option log_level: is none of the possible words; expected debug, info, warn or error (How much is told)"]],
    [
      "misspelt word",
      { log_level: "infos" },
      ['option log_level: is none of the possible words; expected debug, info, warn or error (How much is told). Did you mean "info"?'],
    ],
    [
      "of the wrong type: address",
      { mqtt_url: 1883 },
      ["option mqtt_url: is a number; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)"],
    ],
    [
      "no address of a broker",
      { mqtt_url: "http://broker" },
      ["option mqtt_url: is no address of a broker; expected text (mqtt://host:1883, mqtts://host:8883, ws://… or wss://…)"],
    ],
    ["empty", { base_topic: null }, ["option base_topic: is empty; expected text (All our topics begin with this)"]],
    [
      "wildcard",
      { base_topic: "rack/#" },
      ["option base_topic: is no topic: no spaces, # or +, no / at either end; expected text (All our topics begin with this)"],
    ],
    ["keys that are no list", { api_keys: { name: "x" } }, ["option api_keys: has keys; expected a list (Keys with name, key and scopes)"]],
    [
      "login without a broker",
      { mqtt_username: "rack", mqtt_password: "geheim-geheim" },
      ["option mqtt_username: is used only together with mqtt_url", "option mqtt_password: is used only together with mqtt_url"],
    ],
    [
      "unknown option",
      { mqtt_user: "rack" },
      [
        'option mqtt_user: there is no such option; expected log_level, mqtt_url, mqtt_username, mqtt_password, base_topic, discovery_prefix or api_keys. Did you mean "mqtt_username"?',
      ],
    ],
    ["no map at all", [1], ["option options: are no keys and values; all of them are as if they were not set"]],
    ["nothing at all", undefined, ["option options: are no keys and values; all of them are as if they were not set"]],
  ];
  test.each(wrong)("%s is told, with what was expected", (_, data, expected) => {
    expect(lines(data)).toEqual(expected);
  });

  test("one wrong key does not cost the others", () => {
    const { options, problems } = readOptions({
      api_keys: [
        { name: "short", key: "short", scopes: ["read"] },
        { name: "good", key, scopes: ["control"] },
        { name: "good", key: `${key}-2`, scopes: ["read"] },
        { name: "same", key, scopes: ["read"] },
        { name: "typo", key: `${key}-3`, scopes: ["reed"] },
        "text",
        { name: "last", key: `${key}-4`, scopes: ["admin"] },
      ],
    });
    expect(options.keys.map(({ name }) => name)).toEqual(["good", "last"]);
    expect(problems.map(({ option }) => option)).toEqual(["api_keys[0].key", "api_keys[2].name", "api_keys[3].key", "api_keys[4].scopes[0]", "api_keys[5]"]);
    expect(problems[0]?.message).toMatch(/too short to be safe: at least 16 characters/);
    expect(problems[3]?.message).toMatch(/expected read, control or admin.*Did you mean "read"/);
  });

  test("a broker that cannot be understood is none, and no other takes its place", () => {
    expect(readOptions({ mqtt_url: "nonsense", mqtt_username: "rack" })).toMatchObject({ options: { broker: "wrong" }, problems: [{ option: "mqtt_url" }] });
  });

  test("whatever comes, each good option is used, each wrong one told, and no value is repeated", () => {
    const names = Object.keys(good) as (keyof typeof good)[];
    const junk = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constant({ a: "Zq9-secret-Zq9" }),
      fc.constant(["Zq9-secret-Zq9"]),
      fc.constant("Zq9 secret#"),
    );
    let checked = 0;
    fc.assert(
      fc.property(fc.subarray(names), junk, (broken, value) => {
        const data = { ...good, ...Object.fromEntries(broken.map((name) => [name, value])) };
        // A text with a blank is a user name or password like any other, and a list of anything is a list of wrong keys.
        const told = lines(data);
        const { options } = readOptions(data);
        if (!broken.includes("log_level")) expect(options.logLevel).toBe("debug");
        if (!broken.includes("mqtt_url")) expect(options.broker).toMatchObject({ url: good.mqtt_url });
        if (!broken.includes("api_keys")) expect(options.keys).toHaveLength(1);
        for (const name of broken)
          if (!(typeof value === "string" && ["mqtt_username", "mqtt_password"].includes(name)))
            expect(told.some((line) => line.startsWith(`option ${name}`))).toBe(true);
        expect(told.join("\n")).not.toMatch(/Zq9|geheim/);
        checked += 1;
      }),
    );
    expect(checked).toBeGreaterThanOrEqual(100);
  });
});
