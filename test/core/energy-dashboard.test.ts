import { expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { addToEnergyDashboard, energyAdditions } from "#homeassistant/energy-dashboard.ts";
import { coreFault } from "#transport/homeassistant/core-fault.ts";

const never = new AbortController().signal;
type Call = { readonly type: string; readonly [field: string]: unknown };
const registry = (...ids: readonly string[]): readonly object[] => [
  { entity_id: "sensor.stranger", unique_id: "stranger", platform: "mqtt" },
  { entity_id: "sensor.forged", unique_id: "rack-power_forged", platform: "template" },
  ...ids.map((id) => ({
    entity_id: `sensor.${id}`,
    unique_id: `rack-power_${id}`,
    platform: "mqtt",
    disabled_by: id.startsWith("off") ? "integration" : null,
  })),
];
/** Core's part: its registry, and the dashboard, which is not there until it is saved. */
const coreWith = (entities: readonly object[], prefs?: object) => {
  const saved: Call[] = [];
  const call = (message: Call): Promise<unknown> => {
    if (message.type === "config/entity_registry/list") return Promise.resolve(entities);
    if (message.type === "energy/save_prefs") return Promise.resolve(void saved.push(message));
    return prefs ? Promise.resolve(prefs) : Promise.reject(coreFault({ code: "not_found", message: "No prefs" }, "energy/get_prefs"));
  };
  return { call, saved };
};
const sensor = (energy: string, power?: string, within?: string) => ({
  energy: `rack-power_${energy}`,
  ...(power !== undefined && { power: `rack-power_${power}` }),
  ...(within !== undefined && { within: `rack-power_${within}` }),
});

test("a total that is disabled is passed over, and so is what is not registered at all", async () => {
  const core = coreWith(registry("mains", "off_inlet", "one", "one_power", "off_power"));
  const sensors = [sensor("mains"), sensor("off_inlet", "off_power", "mains"), sensor("one", "one_power", "off_inlet"), sensor("nowhere", "one_power")];
  expect(await energyAdditions(core, sensors, never)).toEqual([
    { stat_consumption: "sensor.mains" },
    { stat_consumption: "sensor.one", stat_rate: "sensor.one_power", included_in_stat: "sensor.mains" },
  ]);
  expect(core.saved).toEqual([]);
});

test("sensors within each other in a ring do not keep it busy for ever", async () => {
  const core = coreWith(registry("a"));
  expect(await energyAdditions(core, [sensor("a", undefined, "b"), sensor("b", undefined, "c"), sensor("c", undefined, "b")], never)).toEqual([
    { stat_consumption: "sensor.a" },
  ]);
});

test("what is there stays as it is, in its order, with fields that nobody here knows", async () => {
  const there = [
    { stat_consumption: "sensor.fridge", of_2027: { x: 1 } },
    { stat_consumption: "sensor.one", name: "Mine" },
  ];
  const core = coreWith(registry("one", "two"), { energy_sources: [{ type: "grid" }], device_consumption: there });
  expect(await addToEnergyDashboard(core, [sensor("one"), sensor("two")], ["sensor.one", "sensor.two"], never)).toEqual([{ stat_consumption: "sensor.two" }]);
  expect(core.saved).toEqual([{ type: "energy/save_prefs", device_consumption: [...there, { stat_consumption: "sensor.two" }] }]);
});

test("a first dashboard begins with ours; another fault than its absence is passed on, and nothing is saved over it", async () => {
  const core = coreWith(registry("one"));
  expect(await addToEnergyDashboard(core, [sensor("one")], ["sensor.one"], never)).toHaveLength(1);
  expect(core.saved).toEqual([{ type: "energy/save_prefs", device_consumption: [{ stat_consumption: "sensor.one" }] }]);
  for (const fault of [
    new Fault("timeout", "late"),
    new Fault("denied", "no"),
    coreFault({ code: "unknown_error", message: "Unknown error" }, "energy/get_prefs"),
  ]) {
    const broken = { ...core, call: (message: Call) => (message.type === "energy/get_prefs" ? Promise.reject(fault) : core.call(message)) };
    await expect(addToEnergyDashboard(broken, [sensor("one")], ["sensor.one"], never)).rejects.toBe(fault);
  }
  for (const odd of [{ device_consumption: "x" }, { device_consumption: {} }])
    await expect(addToEnergyDashboard(coreWith(registry("one"), odd), [sensor("one")], ["sensor.one"], never)).rejects.toMatchObject({ kind: "malformed" });
  expect(core.saved).toHaveLength(1);
});
