import type { DeviceId, PartId } from "#domain/device.ts";
import type { Clock } from "#platform/clock.ts";
import type { DeviceState, StoreReader } from "#store/read.ts";
import type { Ledger } from "./ledger.ts";
import type { Link } from "./link.ts";
import { partState } from "./part-state.ts";
import type { Topics } from "./topic.ts";

export interface StateServices {
  readonly store: StoreReader;
  readonly clock: Clock;
  readonly topics: Topics;
  readonly ledger: Ledger;
  link(): Link | undefined;
  /** A retained message at QoS 1 that nobody waits for. */
  deliver(topic: string, payload: string): void;
}

/** So many devices are told of in one turn of the event loop; the rest waits for the next. */
const perTurn = 25;

/**
 * Tells of states and availability as they change. What changes in one turn of the program is one message per part, and what reads the same
 * after rounding is none. While the broker is away nothing is kept: after the connection everything is sent anew.
 */
export class StatePublisher {
  readonly #services: StateServices;
  /** What is to be told: parts of a device, and whether its availability is. */
  readonly #due = new Map<DeviceId, Set<PartId>>();
  readonly #last = new Map<string, string>();
  #told: Promise<void> | undefined;

  constructor(services: StateServices) {
    this.#services = services;
  }

  /** Notes what changed; it is sent when the present turn of the program ends. */
  touch(device: DeviceId, parts: Iterable<PartId>): void {
    if (!this.#services.link()) return;
    const due = this.#due.get(device) ?? new Set();
    for (const part of parts) due.add(part);
    this.#due.set(device, due);
    this.#told ??= Promise.resolve().then(() => this.#tell());
  }

  /** Resolves when what changed until now has left. */
  get told(): Promise<void> {
    return this.#told ?? Promise.resolve();
  }

  touchDevice(device: DeviceId): void {
    this.touch(device, this.#services.store.device(device)?.parts.keys() ?? []);
  }

  /** Everything anew, also what did not change; resolves when it has left. */
  async repeat(): Promise<void> {
    this.#last.clear();
    for (const { id } of this.#services.store.devices()) this.touchDevice(id);
    await this.told;
  }

  /** The device is gone, and with it what was last said of it. */
  drop(device: DeviceId): void {
    const { topics } = this.#services;
    this.#due.delete(device);
    for (const topic of this.#last.keys()) if (topic.startsWith(topics.state(device, ""))) this.#last.delete(topic);
  }

  /** After the connection is lost: what the broker has is not known any more. */
  forget(): void {
    this.#due.clear();
    this.#last.clear();
  }

  async #tell(): Promise<void> {
    const { store, clock, link } = this.#services;
    try {
      for (let first = true; this.#due.size > 0; first = false) {
        if (!first) await clock.sleep(0);
        const now = link();
        if (!now) return this.#due.clear();
        if (now.congested) await now.drained();
        const turn = [...this.#due].slice(0, perTurn);
        for (const [device] of turn) this.#due.delete(device);
        this.#declare(turn);
        for (const [device, parts] of turn) {
          const state = store.device(device);
          if (state) this.#send(now, state, parts);
        }
      }
    } catch {
      // Only the end of the connection gets here; the next one begins with everything.
      this.#due.clear();
    } finally {
      this.#told = undefined;
    }
  }

  #declare(turn: readonly (readonly [DeviceId, ReadonlySet<PartId>])[]): void {
    const { ledger, topics } = this.#services;
    ledger.write(
      turn.flatMap(([device, parts]) => ledger.declare(device, [topics.deviceStatus(device), ...[...parts].map((part) => topics.state(device, part))])),
    );
  }

  /** States first: a device that comes back is not shown as available with what was true before. */
  #send(link: Link, device: DeviceState, parts: ReadonlySet<PartId>): void {
    const { topics, deliver } = this.#services;
    for (const id of parts) {
      const part = device.parts.get(id);
      if (part) this.#once(topics.state(device.id, id), partState(part), (topic, payload) => link.keep(topic, payload));
    }
    this.#once(topics.deviceStatus(device.id), device.connection.state === "online" ? "online" : "offline", deliver);
  }

  #once(topic: string, payload: string, send: (topic: string, payload: string) => void): void {
    if (this.#last.get(topic) === payload) return;
    this.#last.set(topic, payload);
    send(topic, payload);
  }
}
