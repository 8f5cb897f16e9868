import type { DeviceId } from "#domain/device.ts";
import type { DeviceState, StoreReader } from "#store/read.ts";
import { readFields, type Fields } from "./field.ts";
import { sortedJson, spacedJson } from "./json-text.ts";
import { createOutageWatch, type OutageWatch } from "./outage.ts";
import { statusText } from "./status-text.ts";

/** One UPS at one moment as the forerunner would have shown it. */
export interface Shown {
  readonly fields: Fields;
  /** The answer to `/pwrstat`. */
  readonly answer: string;
  /** The message. */
  readonly message: string;
}

const show = (device: DeviceState, exact: boolean, took: OutageWatch["took"]): Shown | undefined => {
  const text = statusText(device, took);
  const fields = text === undefined ? undefined : readFields(text, exact);
  return fields && { fields, answer: sortedJson(fields), message: spacedJson(fields) };
};

export interface View extends Disposable {
  /** What is shown now, or undefined while it is not known. */
  now(): Shown | undefined;
}

/** The store never changes a state, so that each is put into words once, however many ask. `changed` is called when the status may be another one. */
export const createView = (store: StoreReader, id: DeviceId, exact: boolean, changed: () => void): View => {
  const outages = createOutageWatch();
  let last: { readonly device: DeviceState; readonly shown: Shown | undefined } | undefined;
  const following = store.subscribe((change) => {
    const matters = change.kind !== "readings" || change.points.some((point) => point === "ups.state" || point === "ups.onBattery");
    if (!matters || change.device !== id) return;
    const device = store.device(id);
    if (device) outages.see(device);
    changed();
  });
  return {
    now: () => {
      const device = store.device(id);
      if (!device) return undefined;
      if (last?.device !== device) last = { device, shown: show(device, exact, outages.took) };
      return last.shown;
    },
    [Symbol.dispose]: () => following[Symbol.dispose](),
  };
};
