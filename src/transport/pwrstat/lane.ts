import { abortable } from "#platform/abort.ts";

type Job<T> = (signal: AbortSignal) => Promise<T>;

interface Flight {
  readonly answer: Promise<string>;
  readonly stop: AbortController;
  askers: number;
}

/** The way to something that takes one at a time. Jobs run one after the other; whoever asks what is being asked already shares its answer. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  readonly #flights = new Map<string, Flight>();

  /** Settles like the job, or with the signal's reason. A job that does not end although it was told to keeps its place: never are there two. */
  run<T>(job: Job<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return job(signal);
    });
    this.#last = turn.catch(() => undefined);
    return abortable(turn, signal);
  }

  /** One answer for all who ask for `what` until it is there. It is stopped when the last of them has gone. */
  async share(what: string, job: Job<string>, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const flight = this.#flights.get(what) ?? this.#begin(what, job);
    flight.askers++;
    try {
      return await abortable(flight.answer, signal);
    } finally {
      if (--flight.askers === 0) {
        if (this.#flights.get(what) === flight) this.#flights.delete(what);
        flight.stop.abort();
      }
    }
  }

  #begin(what: string, job: Job<string>): Flight {
    const stop = new AbortController();
    const flight = { answer: this.run(job, stop.signal), stop, askers: 0 };
    this.#flights.set(what, flight);
    return flight;
  }
}
