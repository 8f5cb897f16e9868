import { quantities, type Quantity } from "#domain/quantity.ts";

/** How Home Assistant names a quantity (developer documentation, "Sensor entity", available device classes). */
export interface QuantityClass {
  readonly device_class?: string;
  readonly unit_of_measurement?: string;
  readonly state_class: "measurement" | "total_increasing";
}

const measured = (unit: string, deviceClass?: string): QuantityClass => ({
  ...(deviceClass !== undefined && { device_class: deviceClass }),
  ...(unit !== "" && { unit_of_measurement: unit }),
  state_class: "measurement",
});

/** A quantity that is not here does not compile. The unit is the one in which the quantity travels; only its spelling may differ. */
export const quantityClasses: Readonly<Record<Quantity, QuantityClass>> = {
  power: measured(quantities.power.unit, "power"),
  apparentPower: measured(quantities.apparentPower.unit, "apparent_power"),
  // A counter that may start anew when a device is replaced; our gate lets no other fall through (home-assistant/core, sensor/recorder: total_increasing).
  energy: { device_class: "energy", unit_of_measurement: quantities.energy.unit, state_class: "total_increasing" },
  current: measured(quantities.current.unit, "current"),
  voltage: measured(quantities.voltage.unit, "voltage"),
  frequency: measured(quantities.frequency.unit, "frequency"),
  powerFactor: measured(quantities.powerFactor.unit, "power_factor"),
  charge: measured(quantities.charge.unit, "battery"),
  load: measured(quantities.load.unit),
  duration: measured(quantities.duration.unit, "duration"),
  temperature: measured(quantities.temperature.unit, "temperature"),
  humidity: measured(quantities.humidity.unit, "humidity"),
  fanSpeed: measured("rpm"),
  count: measured(quantities.count.unit),
  plain: measured(quantities.plain.unit),
};
