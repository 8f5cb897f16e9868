import { expect, test } from "vitest";
import { readFields } from "#compat/pwrstat/field.ts";
import { statusText } from "#compat/pwrstat/status-text.ts";
import { readListing } from "#driver/pwrstat/listing.ts";
import { createSession } from "#driver/pwrstat/session.ts";
import { createStore } from "#store/store.ts";
import { printedFields } from "#transport/pwrstat/field.ts";
import { samples } from "./sample.ts";

/** What a UPS's status is read as by our driver, put into the store, and shown in the old words. */
const thereAndBack = async (text: string): Promise<string | undefined> => {
  const session = createSession({ look: async () => readListing(printedFields(text)), commands: new Set() });
  const { signal } = new AbortController();
  const store = createStore();
  store.settle({ id: "ups", driver: "pwrstat", fedBy: [], interval: 10, parts: {} }, { state: "online", since: 0 });
  const description = await session.describe(signal);
  store.describe("ups", description);
  const wanted = description.parts.flatMap(({ id, points }) => points.map((point) => ({ part: id, point })));
  store.put("ups", await session.read(wanted, signal), 0, 0);
  const state = store.device("ups");
  return state && statusText(state);
};

// Of what a lost UPS still prints, our driver takes nothing, and the first of these programs printed no rating.
const whole = samples.filter(({ text }) => /State\.+ (Normal|Power Failure)/.test(text) && /Rating Voltage\.+ \d/.test(text));

/** What only the maker's own printer knows: a blank before the name, watts that it left out, the other order of the rating. */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "CP 1350C with a blank before its name": { "Model Name": "CP 1350C" },
  "OLS1500 online unit": { Load: "378 Watt(28 %)" },
  "CP585 of the manual of 1.2": { "Rating Power": "335 Watt(515 VA)" },
};

test.each(whole)("$name: read by our driver and shown again, every field is as it was printed", async ({ name, text }) => {
  const fields = new Map([...(readFields(text, true) ?? []), ...Object.entries(otherwise[name] ?? {})]);
  expect([...(readFields((await thereAndBack(text)) ?? "", true) ?? [])]).toEqual([...fields]);
});

test("most samples are compared", () => expect(whole.length).toBeGreaterThanOrEqual(5));
