import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFields, type Fields } from "#compat/pwrstat/field.ts";
import { sortedJson, spacedJson } from "#compat/pwrstat/json-text.ts";
import { metricText } from "#compat/pwrstat/metric.ts";
import { statusText } from "#compat/pwrstat/status-text.ts";
import { startRig, stateOf, storeWith, transcripts, withoutHelp } from "./rig.ts";
import { samples } from "./sample.ts";

const unavailable = '{"code":"ERROR","message":"Unavailable: pwrstatd failure"}\n';
const answerOf = (fields: Fields | undefined): string => (fields ? sortedJson(fields) : unavailable);
/** What the forerunner could not see, as it looked for another word. */
const seen = (metrics: string, supply: string | undefined): string =>
  supply === "Battery Power" ? metrics.replace('supply="battery"} 0.0', 'supply="battery"} 1.0') : metrics;
const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.includes("...") || line.includes(". "));

test("each sample has its transcript", () => {
  expect(Object.keys(transcripts)).toEqual(samples.map(({ name }) => name));
  expect(Object.values(transcripts).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 503, 503, 503]);
});

describe.each(samples)("$name", ({ name, text, state }) => {
  const transcript = transcripts[name];
  if (!transcript) throw new Error("no transcript");

  test("its text becomes what the forerunner made of it", () => {
    const fields = readFields(text, true);
    expect(answerOf(fields)).toBe(transcript.answer);
    expect(fields && spacedJson(fields)).toBe(transcript.message);
    if (transcript.metrics !== undefined) {
      expect(withoutHelp(metricText(fields, { rack: "0" }))).toBe(seen(transcript.metrics, fields?.get("Power Supply by")));
    }
  });

  // Some texts are of other versions, or of no UPS: no state of ours makes them.
  if (state)
    test("its state becomes the text, and by each way out the bytes", async () => {
      const store = storeWith(state);
      expect(linesOf(statusText(stateOf(store)) ?? "")).toEqual(linesOf(text));
      await using rig = await startRig(store, { exact: true });
      const response = await rig.ask("/pwrstat");
      expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
        transcript.status,
        "application/json",
        transcript.answer,
      ]);
      if (transcript.metrics !== undefined) {
        expect(withoutHelp(await rig.metrics())).toBe(seen(transcript.metrics, readFields(text, true)?.get("Power Supply by")));
      }
    });

  test("without exact only frequencies differ, and these are as printed", () => {
    const exact = readFields(text, true);
    const fields = readFields(text, false);
    expect(fields && [...fields.keys()]).toEqual(exact && [...exact.keys()]);
    for (const [field, value] of fields ?? []) {
      const printed = /Frequency\.+ (\S+ Hz)/.exec(text.slice(text.indexOf(field)))?.[1];
      expect(value, field).toBe(field.endsWith("Frequency") ? printed : exact?.get(field));
    }
  });
});

test("PW-A2: 60.0 Hz is 60.0 Hz, and 600 Hz only on request", async () => {
  const online = samples.find(({ name }) => name === "online unit by SNMP");
  await using right = await startRig(storeWith(online?.state));
  await using exact = await startRig(storeWith(online?.state), { exact: true });
  expect(await (await right.ask("/pwrstat")).json()).toMatchObject({ "Output Frequency": "60.0 Hz", "Utility Frequency": "49.9 Hz" });
  expect(await (await exact.ask("/pwrstat")).json()).toMatchObject({ "Output Frequency": "600 Hz", "Utility Frequency": "499 Hz" });
});

test("JSON is what any reader reads back, and pure ASCII", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), { selector: ([name]) => name }), (pairs) => {
      for (const text of [sortedJson(pairs), spacedJson(pairs)]) {
        expect(text).toMatch(/^[\n\x20-\x7e]*$/);
        expect(new Map(Object.entries(JSON.parse(text) as object))).toEqual(new Map(pairs));
      }
    }),
  );
});

test("lines end where Python's end, and what is not printable is escaped as there", () => {
  for (const end of ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
    expect(readFields(`a. 1${end}\u3000b. 2`, true), JSON.stringify(end)).toEqual(new Map(Object.entries({ a: "1", b: "2" })));
  expect(readFields("a. 1\ufeff\nb. 2\x1f", true)).toEqual(new Map(Object.entries({ a: "1\ufeff", b: "2\x1f" })));
  expect(spacedJson([["\x7f\x80", "\u{10000}\t\x01"]])).toBe('{"\\u007f\\u0080": "\\ud800\\udc00\\t\\u0001"}');
});

test("whatever the text, frequencies aside both readings agree", () => {
  const line = fc.stringMatching(/^[\t ]{0,2}(Utility|Output|Load|A)( Frequency)?\.{1,9} [0-9.; a-z]{0,12}$/);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const [exact, right] = [readFields(lines.join("\n"), true), readFields(lines.join("\n"), false)];
      expect(right && [...right.keys()]).toEqual(exact && [...exact.keys()]);
      for (const [name, value] of right ?? []) expect(name.endsWith(" Frequency") ? value.replaceAll(".", "") : value).toBe(exact?.get(name));
    }),
  );
});
