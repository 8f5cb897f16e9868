import { readRfc3339 } from "#platform/rfc3339.ts";
import { goodValue, type DeviceState } from "#store/read.ts";
import { upsOf } from "./measure.ts";

/** A transfer that a UPS tells may be older than the outage that we saw begin: some never renew theirs. Milliseconds. */
const near = 60_000;

export interface OutageWatch {
  /** To be called after each change of the UPS. */
  see(device: DeviceState): void;
  /** Seconds that the outage took which began with this transfer, when we saw it to its end. */
  took(transfer: string): number | undefined;
}

/** The vendor's program says of the last outage how long it was; no point does once it is over. What happened before the start is not known. */
export const createOutageWatch = (): OutageWatch => {
  let since: number | undefined;
  let last: { readonly transfer: string; readonly seconds: number } | undefined;
  return {
    see: (device) => {
      const ups = upsOf(device);
      const now = ups?.entries.get("ups.onBattery");
      // Whatever is not seen may have ended, and begun again.
      if (device.connection.state !== "online" || now?.quality !== "good") since = undefined;
      else if (now.value === true) since ??= now.at;
      else if (since !== undefined) {
        const transfer = goodValue(ups, "ups.lastTransfer");
        const told = transfer === undefined ? Number.NaN : readRfc3339(transfer);
        const began = Math.abs(told - since) < near ? told : since;
        if (transfer !== undefined) last = { transfer, seconds: Math.max(0, (now.at - began) / 1000) };
        since = undefined;
      }
    },
    took: (transfer) => (last?.transfer === transfer ? last.seconds : undefined),
  };
};
