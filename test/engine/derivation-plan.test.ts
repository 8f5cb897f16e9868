import { expect, test } from "vitest";
import type { PointName, Value } from "#domain/capability.ts";
import type { PartDescription } from "#domain/device.ts";
import { addDerived, planDerivations } from "#engine/derive/derivation-plan.ts";
import { silentPoints } from "#engine/derive/silent-point.ts";

const part = (id: string, ...points: readonly PointName[]): PartDescription => ({ id, points, commands: [] });

test("of several UPSs in one device each has what is its own", () => {
  const ups = ["ups.status", "ups.communicationLost", "ups.onBattery", "ups.load", "ups.nominalPower"] as const;
  const description = {
    parts: [part("ups/left", ...ups), part("ups/right", ...ups), part("output/right", "meter.power"), part("input/left", "meter.voltage")],
  };
  const plan = planDerivations(description);
  const derived = Object.fromEntries(addDerived(description, plan).parts.map((one) => [one.id, one.derived]));
  const ofUps = ["ups.onBatteryHeld", "ups.timeOnBattery", "ups.lastTransfer"];
  expect(derived).toEqual({
    "ups/left": [...ofUps, "ups.lastTransferReason"],
    "ups/right": ofUps,
    "output/right": ["meter.energy"],
    "input/left": undefined,
    "output/left": ["meter.power", "meter.energy"],
  });

  const said = new Map<string, Value>([
    ["ups/left ups.status", ["NOCOMM"]],
    ["ups/left ups.communicationLost", true],
    ["ups/right ups.status", ["OL"]],
  ]);
  const silent = silentPoints(plan.upses, { at: 0, get: (id, point) => said.get(`${id} ${point}`) as never, of: () => new Map() });
  expect([silent?.("input/left", "meter.voltage"), silent?.("output/right", "meter.power")]).toEqual([true, false]);
  expect([silent?.("ups/left", "ups.load"), silent?.("ups/right", "ups.load"), silent?.("ups/right", "ups.onBattery")]).toEqual([true, false, true]);
});

test("a device without a UPS is left as it is, to the same object", () => {
  const description = { parts: [part("output", "meter.power"), part("outlet/1", "outlet.on", "meter.power")] };
  expect(addDerived(description, planDerivations(description))).toBe(description);
});
