import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { planDevice, type Page } from "#publish/mqtt/discovery-plan.ts";
import { Ledger } from "#publish/mqtt/ledger.ts";
import { partState } from "#publish/mqtt/part-state.ts";
import { bridgeId, createTopics } from "#publish/mqtt/topic.ts";
import { english } from "#publish/text/text.ts";
import { bmc, pdu, storeOf, ups } from "#test/publish/mqtt-device.ts";

/** What goes to Home Assistant for three devices of different nature and for the program itself, word by word. `vitest -u` writes the files anew. */
const store = storeOf(ups, pdu, bmc);
const services = {
  store,
  ledger: new Ledger(openDatabase(":memory:", () => undefined)),
  topics: createTopics("rack-power", "homeassistant"),
  tongue: { text: english },
  origin: { version: "1.2.3", url: "https://example.org/rack-power" },
};
const page = (device: string): Page => planDevice(services, device, new Set())[0] ?? expect.fail(`no document for ${device}`);

for (const [device, entities] of [
  [bridgeId, 7],
  ["office-ups", 30],
  ["rack-pdu", 174],
  ["web", 72],
] as const) {
  test(`the discovery document of ${device || "the program"}`, async () => {
    const { json, topic } = page(device);
    const document = JSON.parse(json) as { components: Record<string, object> };
    expect(topic).toBe(`homeassistant/device/rack-power${device && `_${device}`}/config`);
    await expect(`${JSON.stringify(document, undefined, 1)}\n`).toMatchFileSnapshot(`publish/golden/${device || "bridge"}.document.json`);
    expect(Object.keys(document.components)).toHaveLength(entities);
    expect(planDevice(services, device, new Set())).toHaveLength(1);
  });
}

test("the states of all their parts", async () => {
  const states = store.devices().flatMap(({ id, parts }) => [...parts.values()].map((part) => `${id}/${part.id} ${partState(part)}`));
  expect(states).toHaveLength(3 + 27 + 61);
  await expect(`${states.join("\n")}\n`).toMatchFileSnapshot("publish/golden/states.txt");
});
