import type { PointName, Value, ValueOf } from "#domain/capability.ts";
import { reading, type DeviceId, type PartId, type Reading } from "#domain/device.ts";
import type { UpsEvent } from "#domain/ups-event.ts";
import type { Clock } from "#platform/clock.ts";
import { rfc3339 } from "#platform/rfc3339.ts";
import type { UpsPlan } from "./derivation-plan.ts";
import type { LastTransfers } from "./last-transfer.ts";
import { transferReason } from "./transfer-reason.ts";
import { UpsWatch, type Told } from "./ups-watch.ts";

export interface UpsDerivationServices {
  readonly clock: Clock;
  readonly transfers: LastTransfers;
  flicker(): number;
  /** An event of the readings that are being taken, or of the timer. */
  tell(event: UpsEvent): void;
  /** What the store holds of the UPS is still good. */
  fresh(part: PartId): boolean;
  /** Readings that came by no poll, of the moment of the last one. */
  put(readings: readonly Reading[], read: number): void;
}

/** What one poll says, as far as it matters here. */
export interface Batch {
  readonly at: number;
  get<P extends PointName>(part: PartId, point: P): ValueOf<P> | undefined;
  /** All that it says of one part. */
  of(part: PartId): ReadonlyMap<PointName, Value>;
}

/** What is worked out for one UPS of a device. */
export class UpsDerivation implements Disposable {
  plan: UpsPlan;
  readonly #device: DeviceId;
  readonly #services: UpsDerivationServices;
  readonly #watch: UpsWatch;
  readonly #last = new Map<PointName, Reading>();
  #nominal: number | undefined;
  /** In the device's own words. */
  #reason: string | undefined;
  /** Volts at the input: of this poll, and while the mains last fed the load. */
  #voltage: { readonly now: number | undefined; readonly usual: number | undefined } = { now: undefined, usual: undefined };
  #readAt = 0;

  constructor(device: DeviceId, plan: UpsPlan, services: UpsDerivationServices) {
    this.#device = device;
    this.plan = plan;
    this.#services = services;
    this.#watch = new UpsWatch({
      clock: services.clock,
      flicker: services.flicker,
      tell: (event) => this.#tell(event),
      fresh: () => services.fresh(this.plan.part),
      held: () => services.put(this.#only([["ups.onBatteryHeld", true]]), this.#readAt),
      transferred: () => this.#transferred(),
    });
  }

  take(batch: Batch): readonly Reading[] {
    const { part, power, input } = this.plan;
    const said = batch.of(part);
    this.#nominal = batch.get(part, "ups.nominalPower") ?? this.#nominal;
    const load = batch.get(part, "ups.load");
    const watts =
      power !== undefined && load !== undefined && this.#nominal !== undefined ? [this.#same(power, "meter.power", (load / 100) * this.#nominal)] : [];
    if (!said.has("ups.status") && !said.has("ups.onBattery")) return watts;
    const volts = input === undefined ? undefined : batch.get(input, "meter.voltage");
    this.#voltage = { ...this.#voltage, now: volts };
    this.#readAt = batch.at;
    this.#reason = batch.get(part, "ups.lastTransferReason") ?? this.#reason;
    const known = this.#watch.see({ flags: flagsIn(said), words: batch.get(part, "ups.status") ?? [], at: batch.at });
    if (known && batch.get(part, "ups.onBattery") === false) this.#voltage = { now: volts, usual: volts ?? this.#voltage.usual };
    return [...watts, ...(known ? this.#ofOutage(batch.at) : []), ...this.#ofTransfer()];
  }

  /** The device is away. */
  lose(): void {
    this.#watch.lose();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #ofOutage(at: number): readonly Reading[] {
    const { outage } = this.#watch;
    // One that was there at the start may have lasted for hours: until it has lasted before our eyes, nobody knows, and "no" would sound like mains.
    const open = outage !== undefined && !outage.seen && !outage.held;
    return this.#only([
      ...(open ? [] : ([["ups.onBatteryHeld", outage?.held ?? false]] as const)),
      ["ups.timeOnBattery", outage ? (at - outage.since) / 1000 : 0],
    ]);
  }

  #ofTransfer(): readonly Reading[] {
    const last = this.#services.transfers.get(this.#device, this.plan.part);
    if (!last) return [];
    return this.#only([["ups.lastTransfer", last.at], ...(last.reason === undefined ? [] : ([["ups.lastTransferReason", last.reason]] as const))]);
  }

  #transferred(): void {
    const reason = transferReason(this.#voltage.usual, this.#voltage.now);
    const at = rfc3339(this.#services.clock.now());
    this.#services.transfers.set(this.#device, this.plan.part, { at, ...(reason !== undefined && { reason }) });
  }

  #tell(event: Told): void {
    const { part } = this.plan;
    const reason = event.type === "on-battery" ? (this.#reason ?? this.#services.transfers.get(this.#device, part)?.reason) : undefined;
    this.#services.tell({ ...event, device: this.#device, part, at: this.#services.clock.now(), ...(reason !== undefined && { reason }) });
  }

  /** Of these, those that the device does not give. */
  #only(values: readonly (readonly [PointName, Value])[]): readonly Reading[] {
    return values.flatMap(([point, value]) => (this.plan.points.includes(point) ? [this.#same(this.plan.part, point, value)] : []));
  }

  /** The same object for the same value, as the store looks only at what is new. A UPS has one part of each kind, so that the point names it. */
  #same(part: PartId, point: PointName, value: Value): Reading {
    const last = this.#last.get(point);
    if (last?.value === value && last.part === part) return last;
    const one = reading(part, point, value);
    this.#last.set(point, one);
    return one;
  }
}

const flagsIn = (said: ReadonlyMap<PointName, Value>): ReadonlyMap<PointName, boolean> =>
  new Map([...said].filter((one): one is [PointName, boolean] => typeof one[1] === "boolean"));
