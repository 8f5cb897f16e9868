import { expect, test } from "vitest";
import { openDatabase } from "#platform/database.ts";
import { planDevice, type PlanServices } from "#publish/mqtt/discovery-plan.ts";
import { Ledger } from "#publish/mqtt/ledger.ts";
import { publishedEntities } from "#publish/mqtt/published.ts";
import { brokerRepairs } from "#publish/mqtt/repair.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { english } from "#publish/text/text.ts";
import { bmc, pdu, storeOf } from "./mqtt-device.ts";

const idsIn = (json: string): readonly string[] =>
  Object.values((JSON.parse(json) as { components: Record<string, { unique_id?: string }> }).components).flatMap(({ unique_id: id }) => id ?? []);

test("what the documents hold, and nothing that goes or that a person deleted", () => {
  const store = storeOf(bmc, pdu);
  const plan: PlanServices = {
    store,
    ledger: new Ledger(openDatabase(":memory:", () => undefined)),
    topics: createTopics("rack-power", "homeassistant"),
    tongue: { text: english },
    origin: { version: "1" },
  };
  const publish = (id: string): readonly string[] => {
    const pages = planDevice(plan, id, new Set());
    plan.ledger.write(pages.map(({ topic, after }) => [topic, after]));
    return pages.flatMap(({ json }) => idsIn(json));
  };
  const told = [...publish(""), ...publish("web"), ...publish("rack-pdu")];
  const { deviceIdentifiers, uniqueIds } = publishedEntities(plan.ledger);
  expect(deviceIdentifiers.toSorted()).toEqual(["rack-power", "rack-power_rack-pdu", "rack-power_web"]);
  expect(uniqueIds.toSorted()).toEqual(told.toSorted());
  expect(uniqueIds.length).toBeGreaterThan(100);
  store.describe("web", { parts: bmc.description.parts.slice(0, 1) });
  const left = publish("web");
  expect(
    publishedEntities(plan.ledger)
      .uniqueIds.filter((id) => id.startsWith("rack-power_web_"))
      .toSorted(),
  ).toEqual(left.toSorted());
  plan.ledger.write([[plan.topics.document("rack-pdu", 0), { device: "rack-pdu", hidden: "x" }]]);
  expect(publishedEntities(plan.ledger).deviceIdentifiers).not.toContain("rack-power_rack-pdu");
});

test("what a person has to do for the broker", () => {
  const kinds = (status: Parameters<typeof brokerRepairs>[0]): readonly string[] => brokerRepairs(status).map(({ kind }) => kind);
  expect(kinds({ state: "connected", protocol: 5 })).toEqual([]);
  expect(kinds({ state: "connecting" })).toEqual([]);
  expect(kinds({ state: "connecting", detail: "nobody is there" })).toEqual(["broker-missing"]);
  expect(kinds({ state: "refused", detail: "wrong password" })).toEqual(["broker-refused"]);
  expect(kinds({ state: "connected", protocol: 5, detail: "the broker does not allow taking commands" })).toEqual(["broker-refused"]);
  expect(kinds({ state: "connected", protocol: 4 })).toEqual(["broker-old"]);
});
