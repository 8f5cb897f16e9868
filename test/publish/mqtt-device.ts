import type { PointName } from "#domain/capability.ts";
import type { Description, DeviceSettings, PartDescription, Reading } from "#domain/device.ts";
import { upsStatus, upsStatusPoints } from "#domain/ups-status.ts";
import type { Connection } from "#store/read.ts";
import { createStore, type Store } from "#store/store.ts";

/** A device as configuration, driver and readings make it. */
export interface Sample {
  readonly settings: DeviceSettings;
  readonly description: Description;
  readonly readings: readonly Reading[];
}

export const settings = (id: string, more: Partial<DeviceSettings> = {}): DeviceSettings => ({
  id,
  driver: "sample",
  fedBy: [],
  interval: 10,
  parts: {},
  ...more,
});
export const online: Connection = { state: "online", since: 1_700_000_000_000 };
export const offline: Connection = { state: "offline", since: 1_700_000_000_000, fault: "unreachable", detail: "no answer" };

export const ups: Sample = {
  settings: settings("office-ups", { name: "Office UPS", area: "Office" }),
  description: {
    manufacturer: "APC",
    model: "Smart-UPS 1500",
    serial: "AS1234",
    firmware: "UPS 09.3",
    parts: [
      {
        id: "ups",
        points: [...upsStatusPoints, "ups.charge", "ups.runtime", "ups.load", "ups.beeper", "ups.testResult", "meter.power"],
        commands: ["ups.test", "ups.testStop", "ups.beeperMute", "ups.shutdownReturn", "ups.loadOff"],
      },
      { id: "input", points: ["meter.voltage", "meter.frequency"], commands: [] },
      { id: "output", points: ["meter.voltage"], commands: [] },
    ],
  },
  readings: [
    ...upsStatus("ups", ["OL", "CHRG"]),
    { part: "ups", point: "ups.charge", value: 97 },
    { part: "ups", point: "ups.runtime", value: 1800.4 },
    { part: "ups", point: "ups.load", value: 0 },
    { part: "ups", point: "ups.beeper", value: "enabled" },
    { part: "ups", point: "ups.testResult", value: "Done and passed" },
    { part: "ups", point: "meter.power", value: 123.456 },
    { part: "input", point: "meter.voltage", value: 230.1 },
    { part: "input", point: "meter.frequency", value: 50 },
    { part: "output", point: "meter.voltage", value: 229.9 },
  ],
};

const variable = (name: string, point: PointName, more: Partial<PartDescription> = {}): PartDescription => ({
  id: `variable/${name}`,
  points: [point],
  commands: ["variable.set"],
  ...more,
});

/**
 * A UPS with variables of every kind: two that nobody may set, one that is locked, two whose values are not what their limits say, and one
 * without a value. Its load's power is worked out by us.
 */
export const tuned: Sample = {
  settings: settings("lab-ups", { name: "Lab UPS", parts: { "variable/battery.charge.low": { lock: "locked" } } }),
  description: {
    parts: [
      { id: "ups", points: ["ups.charge", "ups.off", "meter.power"], commands: ["ups.loadOn", "ups.loadOff", "ups.shutdownReturn"], derived: ["meter.power"] },
      variable("ups.delay.start", "variable.number", { label: "Start delay", limits: { unit: "s", least: 0, most: 600, step: 5 } }),
      variable("input.transfer.low", "variable.number"),
      variable("battery.runtime.low", "variable.number", { limits: { unit: "s", least: 60, most: 600 } }),
      variable("battery.charge.low", "variable.number", { limits: { unit: "%", least: 10, most: 90 } }),
      variable("input.sensitivity", "variable.choice", { limits: { options: ["low", "mid \"}} 'quoted'", "high"] } }),
      variable("ups.start.auto", "variable.choice", { limits: { options: ["yes", "no"] } }),
      variable("ups.id", "variable.text", { limits: { longest: 8 } }),
      variable("ups.contact", "variable.text"),
      variable("ups.mfr.date", "variable.text", { commands: [] }),
      variable("battery.packs", "variable.number", { commands: [], limits: { unit: "packs" } }),
    ],
  },
  readings: [
    { part: "ups", point: "ups.charge", value: 97 },
    { part: "ups", point: "ups.off", value: false },
    { part: "ups", point: "meter.power", value: 140 },
    { part: "variable/ups.delay.start", point: "variable.number", value: 20 },
    { part: "variable/input.transfer.low", point: "variable.number", value: 184.5 },
    { part: "variable/battery.runtime.low", point: "variable.number", value: 30 },
    { part: "variable/battery.charge.low", point: "variable.number", value: 20 },
    { part: "variable/input.sensitivity", point: "variable.choice", value: "mid \"}} 'quoted'" },
    { part: "variable/ups.start.auto", point: "variable.choice", value: "perhaps" },
    { part: "variable/ups.id", point: "variable.text", value: "rack 2" },
    { part: "variable/ups.mfr.date", point: "variable.text", value: "2021-04-01" },
    { part: "variable/battery.packs", point: "variable.number", value: 2 },
  ],
};

const outlet = (number: number): PartDescription => ({
  id: `outlet/${number}`,
  label: number === 5 ? "Rack PDU switch" : `Outlet ${number}`,
  points: ["outlet.on", "outlet.pending", "outlet.label", "meter.power", "meter.energy", "meter.current"],
  commands: ["outlet.on", "outlet.off", "outlet.cycle"],
});

/** Outlet 3 is locked and named, 5 has a label that repeats the device's name, 7 and 8 want a confirmation, 9 feeds this host. */
export const pdu: Sample = {
  settings: settings("rack-pdu", {
    name: "Rack PDU",
    fedBy: [{ device: "office-ups", part: "ups" }],
    parts: {
      "outlet/3": { name: "NAS", lock: "locked" },
      "outlet/7": { lock: "confirm" },
      "outlet/8": { lock: "confirm", allowHomeAssistant: true },
      "outlet/9": { feedsThisHost: true },
    },
  }),
  description: {
    manufacturer: "APC",
    model: "AP8941",
    serial: "ZA1111",
    firmware: "6.5.6",
    mac: ["00:c0:b7:11:22:33"],
    parts: [
      { id: "inlet", points: ["meter.power", "meter.energy"], commands: [] },
      { id: "phase/1", points: ["meter.current", "meter.voltage", "meter.power"], commands: [] },
      { id: "phase/2", points: ["meter.current", "meter.voltage", "meter.power"], commands: [] },
      ...Array.from({ length: 24 }, (_, index) => outlet(index + 1)),
    ],
  },
  readings: [
    { part: "inlet", point: "meter.power", value: 820.04 },
    { part: "inlet", point: "meter.energy", value: 1234.5678 },
    ...Array.from({ length: 24 }, (_, index): readonly Reading[] => [
      { part: `outlet/${index + 1}`, point: "outlet.on", value: index !== 3 },
      { part: `outlet/${index + 1}`, point: "outlet.pending", value: false },
      { part: `outlet/${index + 1}`, point: "meter.power", value: index * 10 },
      { part: `outlet/${index + 1}`, point: "meter.energy", value: index + 0.25 },
    ]).flat(),
  ],
};

const sensor = (index: number): PartDescription => {
  const point = (["sensor.temperature", "sensor.fanSpeed", "meter.voltage"] as const)[index % 3] ?? "sensor.temperature";
  const word = ["Temp", "Fan", "Rail"][index % 3] ?? "";
  return { id: `sensor/${word.toLowerCase()}_${index}`, label: `${word} ${index}`, points: [point], commands: [] };
};

/** A server with sixty sensors. */
export const bmc: Sample = {
  settings: settings("web", { name: "Web server", fedBy: [{ device: "rack-pdu", part: "outlet/4" }] }),
  description: {
    manufacturer: "Supermicro",
    model: "X11",
    mac: ["00:25:90:aa:bb:cc", "00:00:00:00:00:00"],
    parts: [
      {
        id: "chassis",
        points: ["chassis.on", "chassis.fault", "chassis.identify", "chassis.intrusion", "chassis.restorePolicy", "chassis.eventLogEntries", "meter.power"],
        commands: ["chassis.on", "chassis.shutdown", "chassis.off", "chassis.cycle", "chassis.reset", "chassis.diag", "chassis.identify"],
      },
      ...Array.from({ length: 60 }, (_, index) => sensor(index)),
    ],
  },
  readings: [
    { part: "chassis", point: "chassis.on", value: true },
    { part: "chassis", point: "chassis.fault", value: false },
    { part: "chassis", point: "chassis.restorePolicy", value: "previous" },
    { part: "chassis", point: "meter.power", value: 88 },
    { part: "sensor/temp_0", point: "sensor.temperature", value: 41.26 },
    { part: "sensor/fan_1", point: "sensor.fanSpeed", value: 3000 },
  ],
};

export const addSample = (store: Store, { settings: own, description, readings }: Sample): void => {
  store.settle(own, { state: "connecting", since: 0 });
  store.describe(own.id, description);
  store.put(own.id, readings, 1_700_000_000_000);
  store.connect(own.id, online);
};

export const storeOf = (...samples: readonly Sample[]): Store => {
  const store = createStore();
  for (const sample of samples) addSample(store, sample);
  return store;
};
