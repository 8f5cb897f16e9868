import { expect, test } from "vitest";
import { energySensors } from "#publish/mqtt/energy-sensor.ts";
import { settings, storeOf, type Sample } from "./mqtt-device.ts";

const sample = (id: string, parts: Readonly<Record<string, readonly ("meter.energy" | "meter.power")[]>>, ...fedBy: readonly string[]): Sample => ({
  settings: settings(id, { fedBy: fedBy.map((feed) => ({ device: feed.slice(0, feed.indexOf("/")), part: feed.slice(feed.indexOf("/") + 1) })) }),
  description: { parts: Object.entries(parts).map(([part, points]) => ({ id: part, points, commands: [] })) },
  readings: [],
});
const both = ["meter.energy", "meter.power"] as const;
const withinOf = (...samples: readonly Sample[]): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(energySensors(storeOf(...samples).devices()).map(({ energy, within }) => [energy, within]));

test("an outlet is within its PDU's total, and a device within the outlet that feeds it", () => {
  const mains = sample("mains", { inlet: both, "outlet/1": both, "outlet/2": ["meter.power"] });
  const rack = sample("rack", { inlet: both, "outlet/1": both, "phase/1": both }, "mains/outlet/1");
  const bare = sample("bare", { "outlet/1": both }, "mains/outlet/2");
  const two = sample("two", { "inlet/1": both, "inlet/2": both, "outlet/1": both });
  const redundant = sample("redundant", { meter: both }, "mains/outlet/1", "rack/outlet/1");
  expect(withinOf(mains, rack, bare, two, redundant)).toEqual({
    "rack-power_mains_inlet_meter-energy": undefined,
    "rack-power_mains_outlet-1_meter-energy": "rack-power_mains_inlet_meter-energy",
    "rack-power_rack_inlet_meter-energy": "rack-power_mains_outlet-1_meter-energy",
    "rack-power_rack_outlet-1_meter-energy": "rack-power_rack_inlet_meter-energy",
    "rack-power_rack_phase-1_meter-energy": "rack-power_rack_inlet_meter-energy",
    // Its outlet counts no energy: what counts it is the whole PDU.
    "rack-power_bare_outlet-1_meter-energy": "rack-power_mains_inlet_meter-energy",
    "rack-power_two_inlet-1_meter-energy": undefined,
    "rack-power_two_inlet-2_meter-energy": undefined,
    "rack-power_two_outlet-1_meter-energy": undefined,
    "rack-power_redundant_meter_meter-energy": undefined,
  });
});

test("power stands beside energy where there is one, and what counts no energy is not there", () => {
  const [inlet, ...others] = energySensors(storeOf(sample("a", { inlet: both, "outlet/1": ["meter.power"], "outlet/2": ["meter.energy"] })).devices());
  expect(inlet).toEqual({ energy: "rack-power_a_inlet_meter-energy", power: "rack-power_a_inlet_meter-power" });
  expect(others).toEqual([{ energy: "rack-power_a_outlet-2_meter-energy", within: "rack-power_a_inlet_meter-energy" }]);
});
