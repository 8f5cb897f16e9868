import type { DeviceId, PartId } from "#domain/device.ts";

/** The ledger's name for what belongs to the program itself and not to a device. */
export const bridgeId = "";

/** `rack-power` or `rack-power_<device>`: identifier of the device in Home Assistant, and beginning of all unique ids. */
export const identifier = (device: DeviceId): string => (device === bridgeId ? "rack-power" : `rack-power_${device}`);

/** Levels a part's name may have: `outlet/3` has two. A subscription with single-level wildcards is needed for each number. */
const partLevels = [1, 2, 3, 4] as const;

export interface Topics {
  /** Availability of the program: will, birth and stop. */
  readonly status: string;
  /** What the program says of itself. */
  readonly bridge: string;
  /** Every outcome, for whoever listens to all. */
  readonly outcomes: string;
  /** Birth and will of Home Assistant. */
  readonly homeAssistant: string;
  /** Filter of all discovery documents of devices, also those of others. */
  readonly documents: string;
  /** Filters of all our command topics. */
  readonly commands: readonly string[];
  deviceStatus(device: DeviceId): string;
  state(device: DeviceId, part: PartId): string;
  command(device: DeviceId, part: PartId): string;
  outcome(device: DeviceId, part: PartId): string;
  /** What happens to a UPS. */
  event(device: DeviceId, part: PartId): string;
  /** `page` counts from 0; further ones carry what does not fit into the first document. No device's id has the capital letter. */
  document(device: DeviceId, page: number): string;
  /** True for a discovery document of a device, whosever it is. */
  isDocument(topic: string): boolean;
  /** Device and part of a command topic, or undefined when it is none. */
  parseCommand(topic: string): { readonly device: DeviceId; readonly part: PartId } | undefined;
  /** True for topics on which nobody may have an answer: our own, and Home Assistant's documents. */
  isReserved(topic: string): boolean;
}

export const createTopics = (base: string, prefix: string): Topics => ({
  status: `${base}/status`,
  bridge: `${base}/bridge`,
  outcomes: `${base}/outcome`,
  homeAssistant: `${prefix}/status`,
  documents: `${prefix}/device/+/config`,
  commands: partLevels.map((levels) => `${base}/+/${"+/".repeat(levels)}command`),
  deviceStatus: (device) => `${base}/${device}/status`,
  state: (device, part) => `${base}/${device}/${part}`,
  command: (device, part) => `${base}/${device}/${part}/command`,
  outcome: (device, part) => `${base}/${device}/${part}/outcome`,
  event: (device, part) => `${base}/${device}/${part}/event`,
  document: (device, page) => `${prefix}/device/${identifier(device)}${page === 0 ? "" : `-P${page + 1}`}/config`,
  isDocument: (topic) => topic.startsWith(`${prefix}/device/`) && topic.endsWith("/config"),
  parseCommand: (topic) => {
    if (!topic.startsWith(`${base}/`) || !topic.endsWith("/command")) return undefined;
    const [device, ...part] = topic.slice(base.length + 1, -"/command".length).split("/");
    return device !== undefined && part.length > 0 ? { device, part: part.join("/") } : undefined;
  },
  isReserved: (topic) => [base, prefix].some((own) => topic === own || topic.startsWith(`${own}/`)) || topic.startsWith("$") || /[+#]/.test(topic),
});
