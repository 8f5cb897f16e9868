import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantities, type Quantity } from "#domain/quantity.ts";
import { convert, fitsUnit, unitsOf } from "#driver/home-assistant/conversion.ts";
import { pointOf } from "#driver/home-assistant/named-sensor.ts";
import { isLost, statusWords } from "#driver/home-assistant/status-word.ts";
import { valueOf } from "#driver/home-assistant/value.ts";

const all = Object.keys(quantities) as readonly Quantity[];

describe("units", () => {
  test.each([
    ["power", "41.5", "W", 41.5],
    ["power", "0.0415", "kW", 41.5],
    ["power", "5300", "mW", 5.3],
    ["power", "-3", "W", -3],
    ["energy", "1250", "Wh", 1.25],
    ["energy", "2", "MWh", 2000],
    ["energy", "3.6", "MJ", 1],
    ["current", "412", "mA", 0.412],
    ["voltage", "0.23", "kV", 230],
    ["powerFactor", "97", "%", 0.97],
    ["powerFactor", "0.97", undefined, 0.97],
    ["duration", "31", "min", 1860],
    ["temperature", "77", "°F", 25],
    ["temperature", "-40", "°F", -40],
    ["temperature", "300.15", "K", 27],
    ["fanSpeed", "1200", "rpm", 1200],
    ["power", "0", "W", 0],
    ["power", "1.2e3", "W", 1200],
  ] as const)("%s %s %s is %s", (quantity, state, unit, value) => expect(convert(quantity, state, unit)).toBe(value));

  test("what is no number is absent and never 0, and another quantity's unit never fits", () => {
    const nothing = ["unknown", "unavailable", "", " ", "none", "nan", "NaN", "inf", "-inf", "Infinity", "1,5", "0x10", "on", "12 W", "1e999", "--1", "."];
    for (const quantity of all) {
      const [unit] = unitsOf(quantity);
      for (const state of nothing) expect([quantity, state, convert(quantity, state, unit)]).toEqual([quantity, state, undefined]);
      for (const wrong of ["lx", "€", "W/m²", "toString", "__proto__", 7, {}])
        expect([quantity, wrong, fitsUnit(quantity, wrong)]).toEqual([quantity, wrong, false]);
    }
    expect([fitsUnit("power", undefined), fitsUnit("power", "kWh"), fitsUnit("energy", "kW"), fitsUnit("charge", "V")]).toEqual([false, false, false, false]);
  });

  test("every unit of a quantity is in proportion: twice as much is twice as much", () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.integer({ min: 1, max: 1_000_000 }), (quantity, amount) => {
        for (const unit of unitsOf(quantity)) {
          const [none, once, twice] = [0, amount, 2 * amount].map((n) => convert(quantity, String(n), unit) ?? expect.fail());
          expect(((twice ?? 0) - (none ?? 0)) / ((once ?? 0) - (none ?? 0))).toBeCloseTo(2, 6);
          compared++;
        }
      }),
    );
    expect(compared).toBeGreaterThan(200);
  });
});

test.each([
  ["OL CHRG", ["OL", "CHRG"]],
  ["OB DISCHRG LB", ["OB", "DISCHRG", "LB"]],
  ["Online, Battery Charging", ["OL", "CHRG"]],
  ["On Battery, Low Battery", ["OB", "LB"]],
  ["Battery Needs Replacement", ["RB"]],
  ["ONLINE", ["OL"]],
  ["TRIM ONLINE", ["TRIM", "OL"]],
  ["ONLINE NOBATT", ["OL", "ALARM", "NOBATT"]],
  ["ONBATT LOWBATT", ["OB", "LB"]],
  ["on_battery", ["OB"]],
  ["OL OL", ["OL"]],
  ["Something else", ["SOMETHING ELSE"]],
  ["", []],
] as const)("the status %j is %j", (state, words) => expect(statusWords(state)).toEqual(words));

test("a UPS that its own integration has lost is away, whatever else is shown", () => {
  for (const state of ["COMMLOST", "commlost", "WAIT"]) {
    expect(isLost(state)).toBe(true);
    expect(() => valueOf("ups.status", "sensor.ups", { state, attributes: {} })).toThrow(/does not answer/);
  }
  expect(isLost("ONLINE")).toBe(false);
});

test("what a sensor is, by its class, else by its unit, and an error that says what it is not", () => {
  const of = (entity: string, kind?: string, unit?: string) => pointOf(entity, { state: "1", attributes: { device_class: kind, unit_of_measurement: unit } });
  expect(of("sensor.a", "power", "kW")).toBe("meter.power");
  expect(of("sensor.a", undefined, "kWh")).toBe("meter.energy");
  expect(of("sensor.a", undefined, "rpm")).toBe("sensor.fanSpeed");
  expect(of("binary_sensor.a", "door")).toBe("sensor.contact");
  expect(of("binary_sensor.a", "moisture")).toBe("sensor.leak");
  expect(() => of("sensor.a", "illuminance", "lx")).toThrow("sensor.a is no sensor of power, energy, current, voltage");
  for (const [kind, unit] of [
    [undefined, "%"],
    ["toString", "valueOf"],
    [undefined, undefined],
  ] as const)
    expect(() => of("sensor.a", kind, unit)).toThrow(/is no sensor/);
  expect(() => of("binary_sensor.a", "power")).toThrow(/is no sensor/);
});

test("a flag that is neither on nor off is absent", () => {
  const of = (state: string) => valueOf("outlet.on", "switch.a", { state, attributes: {} });
  expect(["on", "off", "unavailable", "unknown", "", "standby", "On"].map(of)).toEqual([true, false, undefined, undefined, undefined, undefined, undefined]);
  expect(valueOf("outlet.on", "switch.a", undefined)).toBeUndefined();
});

test("a state that is not there is no status word", () => {
  for (const state of ["unknown", "unavailable"]) expect(valueOf("ups.status", "sensor.ups", { state, attributes: {} })).toBeUndefined();
});
