import { Fault, isFault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import { LineReader } from "./line-reader.ts";
import { version, type Question } from "./question.ts";

/** Silence for this long, in milliseconds, while an answer is due, ends the connection. */
export const patience = 5000;
/** A server that drips a few bytes now and then does not get longer than this for one answer. */
const longestAnswer = 4 * patience;

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Called when the request leaves: from then on the server may act on it. */
  readonly sent?: () => void;
}

interface Slot {
  readonly line: string;
  readonly options: AskOptions;
  /** True when the answer is complete. Throws when it cannot be one. */
  readonly feed: (line: string) => boolean;
  readonly fail: (fault: Fault) => void;
  /** When it was sent or, later, when its turn came. */
  since: number;
  /** A part of its answer is there. */
  begun: boolean;
  nudged: boolean;
}

/**
 * Requests in, answers out, in the same order (RFC 9271, 4.2: the server answers in order). All that is asked in one turn of the
 * event loop leaves in one write: upsd sends a list line by line without TCP_NODELAY, so each list that is asked alone costs a
 * delayed acknowledgement of about 45 ms.
 */
export class Pipeline {
  readonly #clock: Clock;
  readonly #write: (text: string) => void;
  readonly #ended: (fault: Fault) => void;
  readonly #lines = new LineReader();
  #unsent: Slot[] = [];
  readonly #waiting: Slot[] = [];
  #fault: Fault | undefined;
  #heardAt = 0;
  #watch: Disposable | undefined;

  /** `ended` is called once, when nothing more can be asked: after `end`, silence, or an answer that makes no sense. */
  constructor(clock: Clock, write: (text: string) => void, ended: (fault: Fault) => void) {
    this.#clock = clock;
    this.#write = write;
    this.#ended = ended;
  }

  get open(): boolean {
    return this.#fault === undefined;
  }

  ask<T>(question: Question<T>, options: AskOptions = {}): Promise<T> {
    if (this.#fault) return Promise.reject(this.#fault);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { signal } = options;
    const read = question.read();
    const abort = (): void => this.#abandon(slot);
    const settle = (): void => signal?.removeEventListener("abort", abort);
    const slot: Slot = {
      line: question.line,
      options,
      since: 0,
      begun: false,
      nudged: false,
      feed: (line) => {
        const answer = read(line);
        slot.begun = true;
        if (!answer) return false;
        settle();
        resolve(answer.value);
        return true;
      },
      fail: (fault) => {
        settle();
        reject(fault);
      },
    };
    if (signal?.aborted) slot.fail(givenUp(signal));
    else {
      signal?.addEventListener("abort", abort, { once: true });
      if (this.#unsent.push(slot) === 1) setImmediate(() => this.#flush());
    }
    return promise;
  }

  /** Bytes from the server. */
  take(chunk: Buffer): void {
    if (this.#fault) return;
    this.#heardAt = this.#clock.monotonic();
    try {
      for (const line of this.#lines.push(chunk)) this.#answer(line);
      this.#nudge();
    } catch (error) {
      this.end(isFault(error) ? error : new Fault("malformed", "The NUT server's answer could not be read", { cause: error }));
    }
  }

  /** Nothing more will come. Whoever waits first gets the fault as it is; for those behind, the server is unreachable. */
  end(fault: Fault): void {
    if (this.#fault) return;
    const lost = fault.kind === "unreachable" ? fault : new Fault("unreachable", fault.message, { cause: fault });
    this.#fault = lost;
    this.#watch?.[Symbol.dispose]();
    this.#waiting.splice(0).forEach((slot, at) => slot.fail(at === 0 || fault.kind === "timeout" ? fault : lost));
    for (const slot of this.#unsent.splice(0)) slot.fail(lost);
    this.#ended(fault);
  }

  #flush(): void {
    const slots = this.#unsent;
    if (this.#fault || slots.length === 0) return;
    this.#unsent = [];
    const now = this.#clock.monotonic();
    for (const slot of slots) {
      slot.since = now;
      slot.options.sent?.();
    }
    const idle = this.#waiting.length === 0;
    this.#waiting.push(...slots);
    this.#write(slots.map(({ line }) => `${line}\n`).join(""));
    if (idle) {
      this.#heardAt = now;
      this.#listen(patience);
    }
  }

  #answer(line: string): void {
    const slot = this.#waiting[0];
    if (!slot) throw new Fault("malformed", "The NUT server sent a line that nobody asked for");
    try {
      if (slot.feed(line)) this.#next();
    } catch (error) {
      if (!isFault(error) || error.kind === "malformed") throw error;
      this.#next();
      slot.fail(error);
    }
  }

  #next(): void {
    this.#waiting.shift();
    const [head] = this.#waiting;
    if (head) {
      head.since = this.#heardAt;
      return;
    }
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  /**
   * Of a list that was asked alone, upsd's system keeps back all but the first line until that is acknowledged, for which ours takes 45 ms when
   * it has nothing to say (Nagle, RFC 896, and delayed acknowledgements, RFC 1122, 4.2.3.2). So it says something.
   */
  #nudge(): void {
    const [slot, behind] = this.#waiting;
    if (!slot?.begun || behind || this.#unsent.length > 0 || slot.nudged) return;
    slot.nudged = true;
    this.ask(version).catch(() => undefined);
  }

  /** The asker has gone. What was not sent stays here; what was sent keeps its place, so that its answer is told from the next. */
  #abandon(slot: Slot): void {
    const at = this.#unsent.indexOf(slot);
    if (at >= 0) this.#unsent.splice(at, 1);
    slot.fail(givenUp(slot.options.signal));
  }

  #listen(ms: number): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = this.#clock.after(ms, () => {
      const slot = this.#waiting[0];
      if (!slot) return;
      const now = this.#clock.monotonic();
      const left = Math.min(this.#heardAt + patience, slot.since + longestAnswer) - now;
      if (left > 0) this.#listen(Math.ceil(left));
      else this.end(new Fault("timeout", `The NUT server did not answer within ${Math.round((now - slot.since) / 1000)} s`));
    });
  }
}

const givenUp = (signal: AbortSignal | undefined): Fault =>
  new Fault("timeout", "The NUT server had not answered when the wait for it ended", { cause: signal?.reason });
