import type { DeviceId } from "#domain/device.ts";

/** Commands overtake everything, reads that a command waits for overtake polls. */
export const priorities = { poll: 0, verify: 1, command: 2 } as const;
export type Priority = keyof typeof priorities;

/** So often a job is overtaken; then it is its turn, or an endless row of commands would let values grow old that are shown as live. */
const mostOvertaken = 16;

interface Job {
  readonly device: DeviceId;
  priority: number;
  overtaken: number;
  readonly start: () => void;
}

/**
 * The queue of one endpoint. At most `parallel` jobs run at a time, and never two of the same device. Among those that wait, the
 * highest priority goes first, then the oldest; but none is overtaken for ever.
 */
export class EndpointQueue {
  readonly #parallel: number;
  readonly #waiting: Job[] = [];
  readonly #busy = new Set<DeviceId>();
  constructor(parallel: number) {
    this.#parallel = parallel;
  }

  /** Settles like `work`. A signal aborted while the job waits rejects at once with its reason, and the work is never started. */
  run<T>(device: DeviceId, priority: Priority, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    // Mostly nothing waits: then there is nothing to take out of the queue either.
    if (this.#waiting.length === 0 && this.#busy.size < this.#parallel && !this.#busy.has(device)) return this.#begin(device, work);
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      const job: Job = {
        device,
        priority: priorities[priority],
        overtaken: 0,
        start: () => {
          signal.removeEventListener("abort", leave);
          this.#begin(device, work).then(resolve, reject);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  #next(): void {
    while (this.#busy.size < this.#parallel) {
      let best: Job | undefined;
      for (const job of this.#waiting) if (!this.#busy.has(job.device) && (!best || job.priority > best.priority)) best = job;
      if (!best) return;
      const place = this.#waiting.indexOf(best);
      for (const job of this.#waiting.slice(0, place)) if (++job.overtaken >= mostOvertaken) job.priority = Number.POSITIVE_INFINITY;
      this.#waiting.splice(place, 1);
      best.start();
    }
  }

  async #begin<T>(device: DeviceId, work: () => Promise<T>): Promise<T> {
    this.#busy.add(device);
    try {
      return await work();
    } finally {
      this.#busy.delete(device);
      this.#next();
    }
  }
}
