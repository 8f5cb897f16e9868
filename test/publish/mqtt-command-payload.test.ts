import fc from "fast-check";
import { expect, test } from "vitest";
import { commandNames } from "#domain/capability.ts";
import { parseCommandPayload } from "#publish/mqtt/command-payload.ts";
import { createTopics } from "#publish/mqtt/topic.ts";

test("whatever comes, it is a command of the catalogue or a fault with a reason", () => {
  let commands = 0;
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.constantFrom(...commandNames).map((name) => Buffer.from(name)),
  );
  fc.assert(
    fc.property(payload, (bytes) => {
      const asked = parseCommandPayload(bytes);
      expect(asked.command === undefined).toBe(asked.fault !== undefined);
      expect(asked.name.length).toBeLessThanOrEqual(64);
      expect(asked.name).not.toMatch(/[\p{Cc}]/u);
      if (asked.command !== undefined) commands += commandNames.includes(asked.command) ? 1 : Number.NaN;
    }),
    { numRuns: 5000 },
  );
  expect(commands).toBeGreaterThan(500);
});

test("JSON brings reason and confirmation; null is as good as nothing", () => {
  expect(parseCommandPayload(Buffer.from(' {"command":"ups.test","reason":"weekly","confirm":null} '))).toEqual({
    name: "ups.test",
    command: "ups.test",
    reason: "weekly",
  });
  expect(parseCommandPayload(Buffer.from('{"command":"ups.test","confirm":7}')).fault).toBe("confirm is not a text");
});

test("JSON brings a value, a number as a number and a text as a text; nothing else is one", () => {
  const value = (json: string): unknown => parseCommandPayload(Buffer.from(`{"command":"variable.set","value":${json}}`)).value;
  expect(["0", "-2.5", '"120"', '""'].map(value)).toEqual([0, -2.5, "120", ""]);
  for (const json of ["null", "true", "[1]", "{}"]) {
    const asked = parseCommandPayload(Buffer.from(`{"command":"variable.set","value":${json}}`));
    expect(asked, json).toEqual({ name: "variable.set", fault: "value is neither a number nor a text" });
  }
  expect(parseCommandPayload(Buffer.from('{"command":"variable.set"}'))).not.toHaveProperty("value");
});

test("command topics are taken apart, and others left alone", () => {
  const topics = createTopics("a/rack", "homeassistant");
  expect(topics.parseCommand(topics.command("pdu", "outlet/3"))).toEqual({ device: "pdu", part: "outlet/3" });
  for (const topic of ["a/rack/pdu/command", "b/rack/pdu/outlet/command", "a/rack/command", "a/rack/pdu/outlet/3"])
    expect(topics.parseCommand(topic), topic).toBeUndefined();
  for (const topic of ["a/rack/x", "homeassistant/device/x/config", "$SYS/x", "x/#", "a/rack"]) expect(topics.isReserved(topic), topic).toBe(true);
  expect(topics.isReserved("a/rackety")).toBe(false);
});
