import type { Description } from "#domain/device.ts";
import { deviceName, goodValue, type DeviceState } from "#store/read.ts";
import { layoutOf, type Layout } from "./layout.ts";
import type { ServedUps } from "./rack.ts";
import { plainText, valueText } from "./value-text.ts";

/** A UPS out of the store, and what its words mean to us. */
export interface StoreUps extends ServedUps {
  readonly layout: Layout;
}

const nobody: Description = { parts: [] };

/** Nothing is known of it while nobody answers, and nothing that would hold while its status is old or says that the UPS itself is lost. */
const troubleOf = ({ connection, parts }: DeviceState): ServedUps["trouble"] => {
  if (connection.state !== "online") return "DRIVER-NOT-CONNECTED";
  const ups = parts.get("ups");
  const words = goodValue(ups, "ups.status");
  if (words !== undefined && goodValue(ups, "ups.communicationLost") !== true) return undefined;
  // A NUT server further on says so itself.
  return words?.includes("DRIVER-NOT-CONNECTED") ? "DRIVER-NOT-CONNECTED" : "DATA-STALE";
};

const byName = ([one]: readonly [string, string], [other]: readonly [string, string]): number => (one < other ? -1 : 1);

const variablesIn = ({ parts }: DeviceState, { identity, names }: Layout): ReadonlyMap<string, string> => {
  const variables = new Map<string, string>();
  // Later names of a point only where nothing has them.
  const later: (readonly [string, string])[] = [];
  for (const [part, points] of names) {
    const entries = parts.get(part)?.entries;
    for (const [point, [first, ...others]] of points) {
      const entry = entries?.get(point);
      if (entry?.quality !== "good" || first === undefined) continue;
      const text = valueText(point, entry.value);
      if (!variables.has(first)) variables.set(first, text);
      for (const name of others) later.push([name, text]);
    }
  }
  for (const [name, text] of [...identity, ...later, ["device.type", "ups"] as const]) if (!variables.has(name)) variables.set(name, text);
  return new Map([...variables].sort(byName));
};

const served = new WeakMap<DeviceState, StoreUps>();

/** The UPS as it is in this snapshot; made once for each. */
export const upsOf = (state: DeviceState): StoreUps => {
  const ready = served.get(state);
  if (ready) return ready;
  const layout = layoutOf(state.description ?? nobody);
  const trouble = troubleOf(state);
  const variables = trouble === undefined ? variablesIn(state, layout) : new Map<string, string>();
  const ups: StoreUps = {
    id: state.id,
    description: plainText(deviceName(state)),
    ...(trouble !== undefined && { trouble }),
    variables,
    writable: new Map([...variables.keys()].flatMap((name) => (layout.settings.has(name) ? [[name, layout.settings.get(name)?.limits ?? {}] as const] : []))),
    commands: [...layout.instants.keys()].sort(),
    layout,
  };
  served.set(state, ups);
  return ups;
};
