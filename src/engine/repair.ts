import { repair, type Repair } from "#domain/repair.ts";
import { deviceName, goodValue, type DeviceState, type PartState, type StoreReader } from "#store/read.ts";
import type { Labels } from "./label.ts";

const renamed = ({ id: device }: DeviceState, part: PartState, labels: Labels): readonly Repair[] => {
  const { id, points, label: described } = part.description;
  const accepted = labels.accepted(device, id);
  const label = goodValue(part, "outlet.label") ?? described;
  if (accepted === undefined || label === undefined || label === accepted || !points.includes("outlet.label")) return [];
  const detail = `${id} of ${device} was called "${accepted}" and is now "${label}": it is not switched until somebody accepts the new name`;
  return [repair({ kind: "label-changed", device, part: id, label, accepted }, detail)];
};

/** What is wrong with devices as they are found: a login that they refuse, outlets that have another name than before. */
export const deviceRepairs = (store: StoreReader, labels: Labels): readonly Repair[] =>
  store.devices().flatMap((device) => {
    const { id, connection } = device;
    const why = connection.detail === undefined ? "" : `: ${connection.detail}`;
    const denied = connection.state === "offline" && connection.fault === "denied";
    return [
      ...(denied ? [repair({ kind: "denied", device: id }, `${deviceName(device)} refuses our login${why}`)] : []),
      ...[...device.parts.values()].flatMap((part) => renamed(device, part, labels)),
    ];
  });
