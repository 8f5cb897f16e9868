import type { Ledger, LedgerRow } from "./ledger.ts";
import { identifier } from "./topic.ts";

const known = ({ components, marked, hidden }: LedgerRow): readonly string[] =>
  hidden === undefined ? Object.keys(components ?? {}).filter((key) => marked?.includes(key) !== true) : [];

/**
 * What the documents at the broker hold, by the ledger. Devices that are away count: their documents stay. Components that are being removed
 * do not, and neither does a device that somebody deleted in Home Assistant.
 */
export const publishedEntities = (ledger: Ledger): { readonly deviceIdentifiers: readonly string[]; readonly uniqueIds: readonly string[] } => {
  const devices = ledger.devices().map((device) => {
    const rows = ledger.topics(device).flatMap((topic) => ledger.get(topic) ?? []);
    return { device: identifier(device), keys: rows.flatMap(known) };
  });
  const shown = devices.filter(({ keys }) => keys.length > 0);
  return {
    deviceIdentifiers: shown.map(({ device }) => device),
    uniqueIds: shown.flatMap(({ device, keys }) => keys.map((key) => `${device}_${key}`)),
  };
};
