import type { Clock } from "#platform/clock.ts";
import type { Deadlines, Waiting } from "./deadlines.ts";
import { type Answer, isWhole } from "./answer.ts";
import { type LastAnswer, noAnswer, readExpected } from "./expected-answer.ts";
import type { Expected } from "./expected-object.ts";
import { type Question, numberOfQuestion, renumber } from "./question.ts";
import { createRoundTrip } from "./round-trip.ts";
import { faultOf, misfit, silent } from "./snmp-fault.ts";

/** A question, and what is known about its answer. */
export interface Asked {
  readonly question: Question;
  readonly expected: readonly Expected[];
  /** True when the answer has exactly as many objects as the question: all but GETBULK's (RFC 3416, sections 4.2.1 and 4.2.2). */
  readonly even: boolean;
  readonly last: LastAnswer;
}
export const asked = (question: Question, expected: readonly Expected[], even: boolean): Asked => ({ question, expected, even, last: noAnswer() });

/** What the reader needs of the world. */
export interface ReaderEnds {
  readonly name: string;
  /** Milliseconds that an answer may take, all tries together. */
  readonly patience: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  send(bytes: Buffer, id: number): void;
  /** Reads an answer that is not just what was expected; undefined when it is to another question. Throws when it does not fit. */
  judge(id: number, answer: Buffer): Answer | undefined;
}

const tries = 3;
const none: readonly Asked[] = [];
const nobody = (): void => undefined;

/**
 * Reads of versions 1 and 2c: the questions are sent as they were encoded once, one after the other, the next as soon as the answer is there.
 * One poll is one promise and no timer of its own; by way of the library it cost three times as much.
 */
export class CommunityReader implements Waiting {
  due = 0;
  readonly #ends: ReaderEnds;
  readonly #roundTrip: ReturnType<typeof createRoundTrip>;
  #asked = none;
  #answers: Answer[] = [];
  #resolve: (answers: readonly Answer[]) => void = nobody;
  #reject: (error: Error) => void = nobody;
  #begun = 0;
  #wait = 0;
  #backoff = 1;
  #left = 0;
  /** Of the last questions. Those of one device's polls have the same: it is listened to once, and not for each of them. */
  #signal: AbortSignal | undefined;
  #aborted = false;

  constructor(ends: ReaderEnds) {
    this.#ends = ends;
    this.#roundTrip = createRoundTrip(ends.patience, tries);
  }

  /** Ends with the first answer that holds less than was expected. */
  ask(questions: readonly Asked[], signal: AbortSignal): Promise<readonly Answer[]> {
    this.#watch(signal);
    if (this.#aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      this.#asked = questions;
      this.#answers = [];
      this.#resolve = resolve;
      this.#reject = reject;
      this.#next(this.#ends.clock.monotonic());
    });
  }

  get waits(): boolean {
    return this.#asked !== none;
  }

  /** A datagram from the asked address and port. */
  hear(datagram: Buffer): void {
    const one = this.#asked[this.#answers.length];
    if (!one) return;
    const varbinds = readExpected(one.question, datagram, one.expected, one.last);
    if (varbinds) return this.#answered({ varbinds, exact: true });
    const answer = this.#judge(one, datagram);
    if (answer && this.#asked !== none) this.#answered(answer);
  }

  /** Ends the questions under way, if there are any. */
  fail(error: Error): void {
    if (this.#asked === none) return;
    const reject = this.#reject;
    this.#end();
    reject(error);
  }

  late(): void {
    if (this.#left > 0) this.#send(this.#ends.clock.monotonic());
    else this.fail(silent(this.#ends.name));
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#stop);
    this.#signal = undefined;
    this.#ends.deadlines.settle();
  }

  readonly #stop = (): void => {
    this.#aborted = true;
    this.fail(this.#signal?.reason as Error);
  };

  #watch(signal: AbortSignal): void {
    if (signal === this.#signal) return;
    this.#signal?.removeEventListener("abort", this.#stop);
    this.#signal = signal;
    this.#aborted = signal.aborted;
    signal.addEventListener("abort", this.#stop);
  }

  #next(now: number): void {
    const { question } = this.#asked[this.#answers.length] as Asked;
    renumber(question);
    const { timeout, backoff } = this.#roundTrip.schedule();
    this.#begun = now;
    this.#wait = timeout;
    this.#backoff = backoff;
    this.#left = tries;
    this.#send(now);
  }

  /** Each try has the same number: an answer to any of them counts. */
  #send(now: number): void {
    const { question } = this.#asked[this.#answers.length] as Asked;
    this.#left--;
    this.due = now + this.#wait;
    this.#wait *= this.#backoff;
    this.#ends.deadlines.add(this);
    this.#ends.send(question.bytes, numberOfQuestion(question));
  }

  #judge({ question, even, expected }: Asked, datagram: Buffer): Answer | undefined {
    try {
      const answer = this.#ends.judge(numberOfQuestion(question), datagram);
      if (!answer || !even || "refused" in answer || answer.varbinds.length === expected.length) return answer;
      this.fail(misfit(this.#ends.name));
    } catch (error) {
      this.fail(faultOf(error as Error, this.#ends.name));
    }
    return undefined;
  }

  #answered(answer: Answer): void {
    const now = this.#ends.clock.monotonic();
    this.#roundTrip.learn(now - this.#begun);
    this.#ends.deadlines.delete(this);
    this.#answers.push(answer);
    const { expected } = this.#asked[this.#answers.length - 1] as Asked;
    if (this.#answers.length < this.#asked.length && isWhole(answer, expected.length)) return this.#next(now);
    const resolve = this.#resolve;
    const answers = this.#answers;
    this.#end();
    resolve(answers);
  }

  #end(): void {
    this.#ends.deadlines.delete(this);
    this.#asked = none;
    this.#answers = [];
    this.#resolve = nobody;
    this.#reject = nobody;
  }
}
