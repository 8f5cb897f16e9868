import type { PointName } from "#domain/capability.ts";
import type { UpsEvent, UpsEventType } from "#domain/ups-event.ts";
import type { Clock } from "#platform/clock.ts";
import { type Feed, type Outage, outageAfter, untilHeld } from "./outage.ts";

/** The flags that one reading of the status gave; those that are not there are not known. */
export interface UpsReading {
  readonly flags: ReadonlyMap<PointName, boolean>;
  readonly words: readonly string[];
  /** By the clock that nobody sets. */
  readonly at: number;
}

export type Told = Pick<UpsEvent, "type" | "lasted" | "status">;

export interface UpsWatchServices {
  readonly clock: Clock;
  /** Seconds on battery that are no more than a flicker. */
  flicker(): number;
  tell(event: Told): void;
  /** The last reading still holds: a device that has fallen silent is not known to be on battery any longer. */
  fresh(): boolean;
  /** The outage has lasted long enough, between two readings. */
  held(): void;
  /** The mains have failed before our eyes. */
  transferred(): void;
}

const changes: readonly (readonly [point: PointName, came: UpsEventType, went: UpsEventType])[] = [
  ["ups.forcedShutdown", "forced-shutdown", "forced-shutdown-cleared"],
  ["ups.lowBattery", "low-battery", "low-battery-cleared"],
  ["ups.overload", "overload", "overload-cleared"],
  ["ups.off", "output-off", "output-on"],
  ["ups.bypass", "bypass", "bypass-ended"],
  ["ups.alarm", "alarm", "alarm-cleared"],
  ["ups.replaceBattery", "replace-battery", "replace-battery-cleared"],
  ["ups.testing", "test-started", "test-ended"],
  ["ups.calibrating", "calibration-started", "calibration-ended"],
];

/**
 * Watches one UPS: whether it is on its battery in earnest, and what happens to it. What is not known is compared with nothing: an event is a change
 * from what was last known, also over a loss of communication, and the first reading is none.
 */
export class UpsWatch implements Disposable {
  readonly #services: UpsWatchServices;
  readonly #known = new Map<PointName, boolean>();
  #words: readonly string[] = [];
  #lost = false;
  /** It was read, or heard to be lost, since the start. */
  #met = false;
  #outage: Outage | undefined;
  #timer: Disposable | undefined;

  constructor(services: UpsWatchServices) {
    this.#services = services;
  }

  /** Since when it has been on its battery, undefined when it is not. Meaningful only right after a reading that knows. */
  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** Takes a reading; true when it tells whether there is an outage. */
  see({ flags, words, at }: UpsReading): boolean {
    this.#stopTimer();
    if (flags.get("ups.communicationLost") === true) {
      this.lose(true);
      return false;
    }
    this.#words = words;
    if (this.#lost) this.#tell("communication-restored");
    this.#lost = false;
    this.#met = true;
    const onBattery = flags.get("ups.onBattery");
    const firstReading = !this.#known.has("ups.onBattery");
    const events = changes.filter(([point]) => this.#changed(point, flags.get(point)));
    if (onBattery !== undefined) {
      this.#known.set("ups.onBattery", onBattery);
      this.#feed({ onBattery, trial: flags.get("ups.testing") === true || flags.get("ups.calibrating") === true }, at, firstReading);
    }
    for (const [point, came, went] of events) this.#tell(flags.get(point) === true ? came : went);
    return onBattery !== undefined;
  }

  /** Nobody knows how it is. `heard`: somebody said so, and not only the connection is gone. */
  lose(heard = false): void {
    this.#stopTimer();
    this.#words = [];
    if (this.#lost) return;
    if (this.#met) this.#tell("communication-lost");
    // A device that was never there is not lost.
    this.#lost = this.#met || heard;
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
  }

  /** True when the flag is known to be other than it was known to be. */
  #changed(point: PointName, now: boolean | undefined): boolean {
    if (now === undefined) return false;
    const before = this.#known.get(point);
    this.#known.set(point, now);
    return before !== undefined && before !== now;
  }

  #feed(feed: Feed, at: number, firstReading: boolean): void {
    const before = this.#outage;
    this.#outage = outageAfter(before, feed, at, firstReading);
    if (before && !this.#outage) {
      // One whose end nobody saw, as communication was lost, is not called a flicker for that.
      const flicker = before.seen && !before.held && untilHeld(before, at, this.#services.flicker()) > 0;
      this.#tell(flicker ? "flicker" : "on-line", Math.round((at - before.since) / 1000));
    }
    if (!this.#outage) return;
    if (!before && this.#outage.seen) this.#services.transferred();
    this.#wait(this.#outage, at);
  }

  #wait(outage: Outage, at: number): void {
    if (outage.held) return;
    const left = untilHeld(outage, at, this.#services.flicker());
    if (left === 0) return this.#hold(outage);
    this.#timer = this.#services.clock.after(left, () => {
      this.#timer = undefined;
      if (!this.#services.fresh()) return;
      this.#hold(outage);
      this.#services.held();
    });
  }

  #hold(outage: Outage): void {
    this.#outage = { ...outage, held: true };
    if (outage.seen) this.#tell("on-battery");
  }

  #tell(type: UpsEventType, lasted?: number): void {
    this.#services.tell({ type, status: this.#words, ...(lasted !== undefined && { lasted }) });
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
