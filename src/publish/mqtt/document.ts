import type { DeviceId } from "#domain/device.ts";
import { deviceName, type DeviceState } from "#store/read.ts";
import type { Component, Components } from "./component.ts";
import { bridgeId, identifier, type Topics } from "./topic.ts";

/** What stays of a removed component for one publication (developer documentation, "MQTT discovery": removing a component of a device). */
export interface Marker {
  readonly platform: string;
}

/** What is common to all documents. */
export interface Origin {
  readonly version: string;
  /** Shown when it is a web address. */
  readonly url?: string | undefined;
}

/** Brokers and small listeners choke on more; in bytes of JSON, and only roughly met. */
const largest = 100_000;

const isWeb = (url: string | undefined): boolean => url !== undefined && /^https?:\/\//.test(url);

const originBlock = ({ version, url }: Origin): object => ({ name: "Rack Power", sw_version: version, ...(isWeb(url) && { support_url: url }) });

/** Leaves out addresses that are placeholders, and those in `shared`: two devices with one address would become one in Home Assistant. */
const connections = (mac: readonly string[] | undefined, shared: ReadonlySet<string>): readonly (readonly [string, string])[] =>
  [...new Set(mac)]
    .filter((address) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address) && !/^(00:){5}00$|^(ff:){5}ff$/.test(address) && !shared.has(address))
    .map((address) => ["mac", address]);

/** How a device stands in the house. */
export interface Surroundings {
  /** The device that feeds it, or the program. */
  readonly via: DeviceId | undefined;
  /** Hardware addresses that other devices claim as well. */
  readonly shared: ReadonlySet<string>;
  /** Our page in Home Assistant, on which each device has its place. */
  readonly page: string | undefined;
}

/** How the device is presented. */
export const deviceBlock = (device: DeviceState, { via, shared, page }: Surroundings): object => {
  const { manufacturer, model, serial, firmware, mac } = device.description ?? {};
  const linked = connections(mac, shared);
  return {
    identifiers: [identifier(device.id)],
    name: deviceName(device),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial_number: serial }),
    ...(firmware !== undefined && { sw_version: firmware }),
    ...(linked.length > 0 && { connections: linked }),
    ...(device.settings.area !== undefined && { suggested_area: device.settings.area }),
    ...(via !== undefined && { via_device: identifier(via) }),
    ...(page !== undefined && { configuration_url: `${page}/device/${device.id}` }),
  };
};

export const bridgeBlock = (name: string, { version, url }: Origin, page: string | undefined): object => ({
  identifiers: [identifier(bridgeId)],
  name,
  manufacturer: "Rack Power",
  sw_version: version,
  ...((page !== undefined || isWeb(url)) && { configuration_url: page ?? url }),
});

/** One discovery document. An entity is available while both the program and the device are. */
export const discoveryDocument = (
  block: object,
  origin: Origin,
  availability: readonly string[],
  components: Readonly<Record<string, Component | Marker>>,
): string =>
  JSON.stringify({
    device: block,
    origin: originBlock(origin),
    ...(availability.length > 0 && { availability: availability.map((topic) => ({ topic })), availability_mode: "all" }),
    components,
  });

export const deviceAvailability = (device: DeviceId, topics: Topics): readonly string[] => [topics.status, topics.deviceStatus(device)];

/**
 * Deals the components out over as many documents as their size wants; all name the same device, so that Home Assistant shows one. The document
 * is a part of a component's identity there: one that `home` knows stays on its page, only new ones go where there is room.
 */
export const paginate = (components: Components, home: (key: string) => number | undefined): readonly Components[] => {
  const pages: Record<string, Component>[] = [{}];
  const sizes = [0];
  const place = (page: number, key: string, component: Component, size: number): void => {
    while (pages.length <= page) sizes[pages.push({}) - 1] = 0;
    (pages[page] as Record<string, Component>)[key] = component;
    sizes[page] = (sizes[page] ?? 0) + size;
  };
  const entries = Object.entries(components).map(([key, component]) => ({
    key,
    component,
    size: JSON.stringify(component).length + key.length,
    page: home(key),
  }));
  for (const { key, component, size, page } of entries) if (page !== undefined) place(page, key, component, size);
  for (const { key, component, size, page } of entries) {
    if (page !== undefined) continue;
    const roomy = sizes.findIndex((used) => used + size <= largest);
    place(roomy === -1 ? pages.length : roomy, key, component, size);
  }
  return pages;
};
