import fc from "fast-check";
import { expect, test } from "vitest";
import { orphans, removeOrphans } from "#homeassistant/orphan.ts";

const never = new AbortController().signal;

interface Entry {
  readonly key: string;
  readonly device: "pdu" | "cellar" | "old";
  readonly platform: "mqtt" | "template";
  readonly ours: boolean;
  readonly disabled: boolean;
  readonly state: "live" | "restored" | "none";
  readonly published: boolean;
}
const uniqueId = ({ ours, device, key }: Entry): string => `${ours ? "rack-power_" : ""}${device}_${key}`;

const coreOf = (entries: readonly Entry[]) => {
  const removed: unknown[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    get_states: entries
      .filter(({ state }) => state !== "none")
      .map((one) => ({ entity_id: `sensor.${uniqueId(one)}`, attributes: one.state === "restored" ? { restored: true } : {} })),
    "config/device_registry/list": ["pdu", "cellar", "old"].map((id) => ({ id, identifiers: [["mqtt", `rack-power_${id}`]] })),
    "config/entity_registry/list": entries.map((one) => ({
      entity_id: `sensor.${uniqueId(one)}`,
      unique_id: uniqueId(one),
      platform: one.platform,
      device_id: one.device,
      disabled_by: one.disabled ? "integration" : null,
      name: null,
      original_name: one.key,
    })),
  };
  const call = (message: { readonly type: string; readonly [field: string]: unknown }): Promise<unknown> => {
    if (message.type === "config/entity_registry/remove") removed.push(message["entity_id"]);
    return Promise.resolve(answers[message.type]);
  };
  return { call, removed };
};
const entry = fc.record({
  key: fc.string({ unit: fc.constantFrom(..."abcdefgh".split("")), minLength: 1, maxLength: 4 }),
  device: fc.constantFrom("pdu" as const, "cellar" as const, "old" as const),
  platform: fc.constantFrom("mqtt" as const, "mqtt" as const, "template" as const),
  ours: fc.constantFrom(true, true, true, false),
  disabled: fc.boolean(),
  state: fc.constantFrom("live" as const, "restored" as const, "none" as const),
  published: fc.boolean(),
});

test("never an orphan: what lives, what is published, what is not from us; always: what is remembered only", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(entry, { selector: uniqueId, minLength: 4, maxLength: 12 }), async (entries) => {
      const whole = entries.map((one) => (one.disabled ? { ...one, state: "none" as const } : one));
      const core = coreOf(whole);
      const published = { deviceIdentifiers: ["rack-power", "rack-power_pdu"], uniqueIds: whole.filter((one) => one.published).map(uniqueId) };
      const list = (await orphans(core, published, never)).map((one) => one.uniqueId);
      for (const one of whole) {
        const candidate = one.ours && one.platform === "mqtt" && !one.published && one.state !== "live";
        const neighbours = whole.some((other) => other.device === one.device && other.ours && other.platform === "mqtt" && other.state === "live");
        expect([one, list.includes(uniqueId(one))]).toEqual([one, candidate && (!one.disabled || one.device === "pdu" || !neighbours)]);
      }
      found += list.length;
      const agreed = whole.filter((_, at) => at % 2 === 0).map(uniqueId);
      await removeOrphans(core, published, agreed, never);
      expect(core.removed).toEqual(list.filter((id) => agreed.includes(id)).map((id) => `sensor.${id}`));
    }),
  );
  expect(found).toBeGreaterThan(50);
});
