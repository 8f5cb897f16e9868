import type { DeviceId } from "#domain/device.ts";
import { sha256 } from "#platform/digest.ts";
import type { DeviceState, StoreReader } from "#store/read.ts";
import { bridgeComponents } from "./bridge.ts";
import { deviceComponents, type Components } from "./component.ts";
import { bridgeBlock, deviceAvailability, deviceBlock, discoveryDocument, paginate, type Origin } from "./document.ts";
import type { Tongue } from "./language.ts";
import type { Ledger, LedgerRow } from "./ledger.ts";
import { bridgeId, type Topics } from "./topic.ts";

export interface PlanServices {
  readonly store: StoreReader;
  readonly ledger: Ledger;
  readonly topics: Topics;
  readonly tongue: Pick<Tongue, "text">;
  readonly origin: Origin;
  /** Where our page is in Home Assistant, when it is there and known. */
  readonly page?: () => string | undefined;
}

/** A document that has to leave, with its row in the ledger while it is on its way and once the broker has it. */
export interface Page {
  readonly device: DeviceId;
  readonly topic: string;
  readonly json: string;
  readonly before: LedgerRow;
  readonly after: LedgerRow;
  /** It carries removal markers; the final document follows. */
  readonly marks: boolean;
}

export const settingsHash = (device: DeviceState | undefined): string => sha256(JSON.stringify(device?.settings ?? null));

const isHidden = ({ ledger, topics, store }: PlanServices, id: DeviceId): boolean =>
  ledger.get(topics.document(id, 0))?.hidden === settingsHash(store.device(id));

/** True when Home Assistant has or gets the device, so that others may refer to it. A reference to one it never hears of would leave an empty stub there. */
const isPresent = (services: PlanServices, id: DeviceId): boolean => {
  if (id === bridgeId || isHidden(services, id)) return !isHidden(services, id);
  const device = services.store.device(id);
  return device !== undefined && (device.description !== undefined || services.ledger.get(services.topics.document(id, 0)) !== undefined);
};

/** The device to which this one is attached: what feeds it, else the program. */
export const viaOf = (services: PlanServices, { id, settings }: Pick<DeviceState, "id" | "settings">): DeviceId | undefined => {
  const feeder = settings.fedBy[0]?.device;
  return [feeder, bridgeId].find((via) => via !== undefined && via !== id && isPresent(services, via));
};

/** How many devices stand between this one and the mains: those that others refer to go first. */
export const depthOf = (store: StoreReader, id: DeviceId): number => {
  const seen = new Set<DeviceId>();
  for (let next: DeviceId | undefined = id; next !== undefined && !seen.has(next); next = store.device(next)?.settings.fedBy[0]?.device) seen.add(next);
  return id === bridgeId ? 0 : seen.size;
};

/** Hardware addresses that more than one device claims. */
export const sharedAddresses = (store: StoreReader): ReadonlySet<string> => {
  const counts = new Map<string, number>();
  for (const { description } of store.devices()) for (const mac of new Set(description?.mac)) counts.set(mac, (counts.get(mac) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > 1).map(([mac]) => mac));
};

/** Platform of each component as the ledger keeps it; a blank behind it marks those that are off until a person wants them. */
const platforms = (components: Components): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(components).map(([key, { platform, enabled_by_default: enabled }]) => [key, enabled === false ? `${platform} ` : platform]),
  );

/**
 * Components that Home Assistant knows and ought not to. A marker for one that is disabled there makes Core 2026.8 clear our topic, and with it the
 * whole device (components/mqtt/entity.py, async_clear_discovery_topic_if_entity_removed; seen): such a one is only left out, and stays behind in
 * the registry, disabled, until a person removes it.
 */
const goneFrom = (known: LedgerRow | undefined, wanted: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(known?.components ?? {}).filter(
    ([key, platform]) => !platform.endsWith(" ") && wanted[key]?.trimEnd() !== platform && known?.marked?.includes(key) !== true,
  );

const planPage = (
  device: DeviceId,
  topic: string,
  components: Components,
  known: LedgerRow | undefined,
  render: (components: Parameters<typeof discoveryDocument>[3]) => string,
): Page => {
  const wanted = platforms(components);
  const gone = goneFrom(known, wanted);
  const json = render({ ...components, ...Object.fromEntries(gone.map(([key, platform]) => [key, { platform }])) });
  const may = { ...wanted, ...Object.fromEntries(gone) };
  const marked = gone.map(([key]) => key);
  return {
    device,
    topic,
    json,
    before: { device, components: { ...known?.components, ...may } },
    after: { device, hash: sha256(json), components: may, ...(marked.length > 0 && { marked }) },
    marks: marked.length > 0,
  };
};

/**
 * The documents of a device as they ought to be, none when it was never described or is hidden. What Home Assistant may know and ought not to is
 * first published as a removal marker, and left out the next time.
 */
export const planDevice = (services: PlanServices, id: DeviceId, shared: ReadonlySet<string>): readonly Page[] => {
  const { store, ledger, topics, origin } = services;
  const { text } = services.tongue;
  const page = services.page?.();
  const device = store.device(id);
  if (isHidden(services, id)) return [];
  if (id === bridgeId) {
    const topic = topics.document(bridgeId, 0);
    return [
      planPage(id, topic, bridgeComponents(topics, text), ledger.get(topic), (parts) =>
        discoveryDocument(bridgeBlock(text.bridge.name, origin, page), origin, [], parts),
      ),
    ];
  }
  if (!device?.description) return [];
  const block = deviceBlock(device, { via: viaOf(services, device), shared, page });
  const pages = paginate(deviceComponents(device, topics, text), homes(services, id));
  return pages.map((components, number) => {
    const topic = topics.document(id, number);
    return planPage(id, topic, components, ledger.get(topic), (parts) => discoveryDocument(block, origin, deviceAvailability(id, topics), parts));
  });
};

/** On which page of the device's documents a component stands now. */
const homes = ({ ledger, topics }: PlanServices, id: DeviceId): ((key: string) => number | undefined) => {
  const home = new Map<string, number>();
  for (let page = 0; ; page++) {
    const row = ledger.get(topics.document(id, page));
    if (!row) return (key) => home.get(key);
    for (const key of Object.keys(row.components ?? {})) home.set(key, page);
  }
};

/** Topics of the device that the ledger has and nothing fills any more. Of a device that was not described yet, its own present topics stay. */
export const staleTopics = ({ store, ledger, topics }: PlanServices, id: DeviceId, pages: number): readonly string[] => {
  const device = store.device(id);
  if (id !== bridgeId && !device) return ledger.topics(id);
  const own = topics.state(id, "");
  const current = new Set([topics.deviceStatus(id), ...[...(device?.parts.keys() ?? [])].map((part) => topics.state(id, part))]);
  const documents = new Set(Array.from({ length: Math.max(pages, 1) }, (_, page) => topics.document(id, page)));
  return ledger.topics(id).filter((topic) => {
    if (documents.has(topic) || current.has(topic)) return false;
    if (id === bridgeId) return topic !== topics.status && topic !== topics.bridge;
    return device?.description !== undefined || !(topic.startsWith(own) || topic.startsWith(topics.document(id, 0).replace(/\/config$/, "")));
  });
};
