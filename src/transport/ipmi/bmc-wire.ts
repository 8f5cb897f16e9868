import { Fault } from "#domain/fault.ts";
import type { Clock } from "#platform/clock.ts";
import type { BmcHub, Memory, Peer } from "./bmc-hub.ts";
import { type Packet, parsePacket } from "./rmcp-packet.ts";

/** Answers that fit nothing, after which a peer is not listened to until we ask it again: a flood must not cost more than its reading. */
const patience = 100;

interface Pending {
  readonly offer: (packet: Packet) => boolean;
  readonly fail: (fault: Fault) => void;
}

/** Datagrams to and from one BMC, one question at a time. */
export interface BmcWire extends Disposable {
  readonly peer: Peer;
  readonly memory: Memory;
  /** Packets that came and were read. */
  readonly heard: number;
  /** Sends a datagram for which no answer is awaited. */
  tell(datagram: Buffer): void;
  /**
   * Sends one datagram, once, and resolves with what `accept` makes of the first packet it takes, or with undefined when none came
   * within `wait()` milliseconds. `wait` is asked again at the end: it may have grown meanwhile.
   * Faults: unreachable when the datagram cannot leave, timeout when the signal is aborted.
   */
  ask<T>(datagram: Buffer, accept: (packet: Packet) => T | undefined, wait: () => number, signal: AbortSignal): Promise<T | undefined>;
  /** Waits, and listens to nothing. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends what is awaited now, and whatever is asked from here on, until `cancel(undefined)`. */
  cancel(fault: Fault | undefined): void;
}

export const openBmcWire = (hub: BmcHub, peer: Peer, clock: Clock): BmcWire => {
  let pending: Pending | undefined;
  let strikes = 0;
  let heard = 0;
  let cancelled: Fault | undefined;
  const place = hub.join(peer, (datagram) => {
    if (!pending || strikes > patience) return;
    const packet = parsePacket(datagram);
    if (packet) heard++;
    if (!packet || !pending.offer(packet)) strikes++;
  });

  const ask = <T>(datagram: Buffer | undefined, accept: (packet: Packet) => T | undefined, wait: () => number, signal: AbortSignal): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const start = clock.monotonic();
      let timer: Disposable | undefined;
      let graced = false;
      const finish = (): void => {
        if (pending === mine) pending = undefined;
        timer?.[Symbol.dispose]();
        signal.removeEventListener("abort", abort);
      };
      const fail = (fault: Fault): void => {
        finish();
        reject(fault);
      };
      const abort = (): void => fail(new Fault("timeout", `The BMC at ${peer.address} was not waited for any longer`, { cause: signal.reason }));
      const expire = (): void => {
        const left = wait() - (clock.monotonic() - start);
        // After a long block of our own, the answer may lie in the socket's buffer and be read right after the timers.
        if (left > 0 || !graced) {
          graced ||= left <= 0;
          timer = clock.after(Math.max(1, left), expire);
          return;
        }
        finish();
        resolve(undefined);
      };
      const mine: Pending = {
        offer: (packet) => {
          const taken = accept(packet);
          if (taken === undefined) return false;
          finish();
          resolve(taken);
          return true;
        },
        fail,
      };
      if (cancelled) return reject(cancelled);
      if (signal.aborted) return abort();
      strikes = 0;
      pending = mine;
      signal.addEventListener("abort", abort, { once: true });
      timer = clock.after(wait(), expire);
      if (datagram) place.send(datagram, fail);
    });

  return {
    peer,
    memory: place.memory,
    get heard() {
      return heard;
    },
    tell: (datagram) => place.send(datagram, () => undefined),
    ask,
    pause: async (ms, signal) => {
      await ask(
        undefined,
        () => undefined,
        () => ms,
        signal,
      );
    },
    cancel: (fault) => {
      cancelled = fault;
      if (fault) pending?.fail(fault);
    },
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
};
