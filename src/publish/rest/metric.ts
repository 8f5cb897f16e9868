import { Counter, Gauge, Registry } from "prom-client";
import { capabilityOf, pointNames, pointSpec, shortName, type PointName } from "#domain/capability.ts";
import type { Quantity } from "#domain/quantity.ts";
import type { Change, DeviceState, PartState } from "#store/read.ts";
import type { RestDependencies } from "./option.ts";

/** Base units and suffixes as Prometheus wants them (prometheus.io, "Metric and label naming"): joules, ratios from 0 to 1. */
const shapes: Readonly<Record<Quantity, { readonly suffix: string; readonly factor: number }>> = {
  power: { suffix: "_watts", factor: 1 },
  apparentPower: { suffix: "_volt_amperes", factor: 1 },
  energy: { suffix: "_joules_total", factor: 3_600_000 },
  current: { suffix: "_amperes", factor: 1 },
  voltage: { suffix: "_volts", factor: 1 },
  frequency: { suffix: "_hertz", factor: 1 },
  powerFactor: { suffix: "_ratio", factor: 1 },
  charge: { suffix: "_ratio", factor: 0.01 },
  load: { suffix: "_ratio", factor: 0.01 },
  duration: { suffix: "_seconds", factor: 1 },
  temperature: { suffix: "_celsius", factor: 1 },
  humidity: { suffix: "_ratio", factor: 0.01 },
  fanSpeed: { suffix: "_rpm", factor: 1 },
  count: { suffix: "", factor: 1 },
  plain: { suffix: "", factor: 1 },
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

interface Meter {
  reset(): void;
  show(labels: { readonly device: string; readonly part: string }, value: number): void;
}

/** One metric per point that is a number or a flag; undefined for texts. */
const meterOf = (point: PointName, registers: Registry[]): Meter | undefined => {
  const spec = pointSpec(point);
  if (spec.type !== "number" && spec.type !== "flag") return undefined;
  const { suffix, factor } = spec.type === "number" ? shapes[spec.quantity] : { suffix: "", factor: 1 };
  const name = `rack_power_${snake(capabilityOf(point))}_${snake(shortName(point))}${suffix}`;
  const options = { name, help: point, labelNames: ["device", "part"] as const, registers };
  if (suffix.endsWith("_total")) {
    const counter = new Counter(options);
    return { reset: () => counter.reset(), show: (labels, value) => counter.inc(labels, value * factor) };
  }
  const gauge = new Gauge(options);
  return { reset: () => gauge.reset(), show: (labels, value) => gauge.set(labels, value * factor) };
};

/** Counts what happens from now on: ended commands, and devices that go away. */
const countEvents = ({ store, bus }: Pick<RestDependencies, "store" | "bus">, registers: Registry[]): Disposable => {
  const commands = new Counter({
    name: "rack_power_commands_total",
    help: "Ended commands; no device: one that is not known",
    labelNames: ["device", "state"] as const,
    registers,
  });
  const faults = new Counter({
    name: "rack_power_device_faults_total",
    help: "Times that a device went away",
    labelNames: ["device", "fault"] as const,
    registers,
  });
  const away = new Set(store.devices().flatMap(({ id, connection }) => (connection.state === "offline" ? [id] : [])));
  const follow = ({ kind, device }: Change): void => {
    if (kind === "readings") return;
    const { state, fault = "unreachable" } = store.device(device)?.connection ?? {};
    if (state === "offline" && !away.has(device)) faults.inc({ device, fault });
    if (state === "offline") away.add(device);
    else away.delete(device);
  };
  const counting = new DisposableStack();
  // Whoever asks for devices that are not there must not fill the memory with their names.
  counting.use(bus.subscribe(({ state, command: { device } }) => commands.inc({ device: store.device(device) ? device : "", state })));
  counting.use(store.subscribe(follow));
  return counting;
};

export interface Metrics extends Disposable {
  readonly contentType: string;
  /** The text exposition format, as things are now. Stale values are left out: a metric without a sample is what Prometheus takes for "not known". */
  text(): Promise<string>;
}

export const createMetrics = ({ store, bus, version }: RestDependencies): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const meters = new Map<PointName, Meter>();
  for (const point of pointNames) {
    const meter = meterOf(point, registers);
    if (meter) meters.set(point, meter);
  }
  const up = new Gauge({ name: "rack_power_device_up", help: "1 when the device answers", labelNames: ["device"] as const, registers });
  const info = new Gauge({
    name: "rack_power_device_info",
    help: "What the device is",
    labelNames: ["device", "driver", "manufacturer", "model", "firmware"] as const,
    registers,
  });
  new Gauge({ name: "rack_power_info", help: "This program", labelNames: ["version"] as const, registers }).set({ version }, 1);

  const showPart = (device: string, { id: part, entries }: PartState): void => {
    for (const [point, { value, quality }] of entries) if (quality === "good") meters.get(point)?.show({ device, part }, Number(value));
  };
  const showDevice = ({ id: device, connection, settings, description, parts }: DeviceState): void => {
    up.set({ device }, connection.state === "online" ? 1 : 0);
    info.set(
      {
        device,
        driver: settings.driver,
        manufacturer: description?.manufacturer ?? "",
        model: description?.model ?? "",
        firmware: description?.firmware ?? "",
      },
      1,
    );
    for (const part of parts.values()) showPart(device, part);
  };

  const counting = countEvents({ store, bus }, registers);
  return {
    contentType: registry.contentType,
    text: async () => {
      for (const meter of [...meters.values(), up, info]) meter.reset();
      for (const device of store.devices()) showDevice(device);
      return await registry.metrics();
    },
    [Symbol.dispose]: () => counting[Symbol.dispose](),
  };
};
