import type { PointName, Value, ValueOf } from "#domain/capability.ts";
import { reading, type Description, type DeviceId, type PartId, type Reading } from "#domain/device.ts";
import type { EnergyGate } from "../energy-gate.ts";
import { addDerived, planDerivations, type DerivationPlan } from "./derivation-plan.ts";
import { flowBetween, type PowerSample } from "./energy-flow.ts";
import { silentPoints } from "./silent-point.ts";
import { UpsDerivation, type Batch, type UpsDerivationServices } from "./ups-derivation.ts";

export interface DerivationServices extends UpsDerivationServices {
  readonly gate: EnergyGate;
  /** Seconds between polls. */
  interval(): number;
}

/** What follows from one poll. */
export interface Derived {
  readonly readings: readonly Reading[];
  /** Points that are not known any more, although the poll was good. */
  readonly silent: ((part: PartId, point: PointName) => boolean) | undefined;
}
const nothing: Derived = { readings: [], silent: undefined };

const none: ReadonlyMap<PointName, Value> = new Map();

const batchOf = (readings: readonly Reading[], at: number): Batch => {
  const parts = new Map<PartId, Map<PointName, Value>>();
  for (const { part, point, value } of readings) {
    const known = parts.get(part);
    if (known) known.set(point, value);
    else parts.set(part, new Map([[point, value]]));
  }
  return {
    at,
    get: <P extends PointName>(part: PartId, point: P) => parts.get(part)?.get(point) as ValueOf<P> | undefined,
    of: (part) => parts.get(part) ?? none,
  };
};

/** What is worked out for one device, across its connections: what it says itself is asked anew with each, what was seen of it is kept. */
export class DeviceDerivation implements Disposable {
  readonly #device: DeviceId;
  readonly #services: DerivationServices;
  #plan: DerivationPlan = { upses: [], energy: [] };
  readonly #upses = new Map<PartId, UpsDerivation>();
  readonly #samples = new Map<PartId, PowerSample>();
  readonly #energies = new Map<PartId, Reading>();

  constructor(device: DeviceId, services: DerivationServices) {
    this.#device = device;
    this.#services = services;
  }

  /** Adds to what the device is made of what is worked out for it. */
  offer(description: Description): Description {
    this.#plan = planDerivations(description);
    const parts = new Set(this.#plan.upses.map(({ part }) => part));
    for (const [part, ups] of this.#upses) {
      if (parts.has(part)) continue;
      ups[Symbol.dispose]();
      this.#upses.delete(part);
    }
    for (const plan of this.#plan.upses) {
      const known = this.#upses.get(plan.part);
      if (known) known.plan = plan;
      else this.#upses.set(plan.part, new UpsDerivation(this.#device, plan, this.#services));
    }
    return addDerived(description, this.#plan);
  }

  /** `at`: by the clock that nobody sets. */
  take(readings: readonly Reading[], at: number): Derived {
    if (this.#upses.size === 0) return nothing;
    const batch = batchOf(readings, at);
    const ofUpses = [...this.#upses.values()].flatMap((ups) => ups.take(batch));
    return { readings: [...ofUpses, ...this.#energy(batch, ofUpses)], silent: silentPoints(this.#plan.upses, batch) };
  }

  /** The device is away. */
  lose(): void {
    for (const ups of this.#upses.values()) ups.lose();
  }

  [Symbol.dispose](): void {
    for (const ups of this.#upses.values()) ups[Symbol.dispose]();
  }

  #energy(batch: Batch, derived: readonly Reading[]): readonly Reading[] {
    const { gate, interval } = this.#services;
    return this.#plan.energy.flatMap((part) => {
      const worked = derived.find((one) => one.part === part && one.point === "meter.power")?.value;
      const power = worked ?? batch.get(part, "meter.power");
      if (typeof power !== "number") return [];
      const now = { power, at: batch.at };
      const told = gate.add(this.#device, part, "meter.energy", flowBetween(this.#samples.get(part), now, interval()));
      this.#samples.set(part, now);
      return told === undefined ? [] : [this.#same(part, told)];
    });
  }

  #same(part: PartId, value: number): Reading {
    const last = this.#energies.get(part);
    if (last?.value === value) return last;
    const one = reading(part, "meter.energy", value);
    this.#energies.set(part, one);
    return one;
  }
}
