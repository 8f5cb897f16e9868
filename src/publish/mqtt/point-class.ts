import type { CommandName, PointName, ValueOf } from "#domain/capability.ts";

type FlagPoint = { [P in PointName]: ValueOf<P> extends boolean ? P : never }[PointName];

/** Home Assistant's class of binary sensor for each flag; null where it has none that says the same. A flag that is not here does not compile. */
export const flagClasses: Readonly<Record<FlagPoint, string | null>> = {
  "outlet.on": "power",
  "outlet.pending": null,
  "ups.onBattery": "problem",
  "ups.lowBattery": "battery",
  "ups.replaceBattery": "problem",
  "ups.overload": "problem",
  "ups.onBatteryHeld": "problem",
  "ups.bypass": "problem",
  "ups.off": "problem",
  "ups.alarm": "problem",
  "ups.forcedShutdown": "problem",
  "ups.communicationLost": "problem",
  "ups.charging": "battery_charging",
  "ups.discharging": null,
  "ups.boost": null,
  "ups.trim": null,
  "ups.calibrating": "running",
  "ups.testing": "running",
  "ups.shutdownPending": null,
  "chassis.on": "power",
  "chassis.fault": "problem",
  "chassis.identify": null,
  "chassis.intrusion": "tamper",
  "sensor.contact": "opening",
  "sensor.leak": "moisture",
};

/** Rarely wanted, whatever the device: registered, and off until a person wants them. */
export const seldomWanted: ReadonlySet<PointName> = new Set<PointName>([
  "outlet.pending",
  "outlet.label",
  // The status says these in one word, and the event tells when they come and go.
  "ups.bypass",
  "ups.off",
  "ups.forcedShutdown",
  "ups.discharging",
  "ups.boost",
  "ups.trim",
  "ups.calibrating",
  "ups.testing",
  "ups.shutdownPending",
  "ups.beeper",
  "ups.nominalApparentPower",
  "variable.number",
  "variable.choice",
  "variable.text",
  "chassis.identify",
  "chassis.restorePolicy",
  "chassis.eventLogEntries",
]);

/** Wanted of a device as a whole, but not of each of its outlets, phases and banks: power and energy are, and the current of a phase. */
export const seldomWantedOfMany: ReadonlySet<PointName> = new Set<PointName>([
  "meter.apparentPower",
  "meter.current",
  "meter.voltage",
  "meter.frequency",
  "meter.powerFactor",
]);

/** Of the dozens of sensors of a BMC, temperatures and watts are wanted; rails and fans are for whoever looks for a cause. */
export const seldomWantedOfSensors: ReadonlySet<PointName> = new Set<PointName>([...seldomWantedOfMany, "sensor.fanSpeed"]);

export interface ButtonClass {
  readonly device_class?: "identify" | "restart" | "update";
  readonly entity_category?: "config" | "diagnostic";
  readonly enabled_by_default?: false;
}

/**
 * Commands that are buttons when no switch carries them. What cuts the power of a whole rack at one press of a UPS is off until a person
 * wants it. `identify` must be diagnostic (Home Assistant's developer blog, 2025-11-21).
 */
export const buttonClasses: Readonly<Record<CommandName, ButtonClass>> = {
  "outlet.on": {},
  "outlet.off": {},
  "outlet.cycle": { device_class: "restart" },
  "ups.test": { entity_category: "diagnostic" },
  "ups.testDeep": { entity_category: "diagnostic", enabled_by_default: false },
  "ups.testStop": { entity_category: "diagnostic", enabled_by_default: false },
  "ups.calibrate": { entity_category: "diagnostic", enabled_by_default: false },
  "ups.calibrateStop": { entity_category: "diagnostic", enabled_by_default: false },
  "ups.beeperOn": { entity_category: "config", enabled_by_default: false },
  "ups.beeperOff": { entity_category: "config", enabled_by_default: false },
  "ups.beeperMute": { entity_category: "config" },
  "ups.shutdownReturn": { entity_category: "config", enabled_by_default: false },
  "ups.shutdownStayOff": { entity_category: "config", enabled_by_default: false },
  "ups.shutdownStop": { entity_category: "config", enabled_by_default: false },
  "ups.loadOn": { entity_category: "config", enabled_by_default: false },
  "ups.loadOff": { entity_category: "config", enabled_by_default: false },
  "variable.set": { entity_category: "config", enabled_by_default: false },
  "chassis.on": {},
  "chassis.shutdown": {},
  "chassis.off": {},
  "chassis.cycle": { device_class: "restart" },
  "chassis.reset": { device_class: "restart" },
  "chassis.diag": { entity_category: "diagnostic", enabled_by_default: false },
  "chassis.identify": { device_class: "identify", entity_category: "diagnostic" },
};

/** Flags that are switches where the part takes both commands. A server's switch asks its system to stop; the hard verb is a button. */
export const switches: Readonly<
  Partial<Record<PointName, { readonly on: CommandName; readonly off: CommandName; readonly device_class: "outlet" | "switch" }>>
> = {
  "outlet.on": { on: "outlet.on", off: "outlet.off", device_class: "outlet" },
  "chassis.on": { on: "chassis.on", off: "chassis.shutdown", device_class: "switch" },
};
