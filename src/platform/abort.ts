/** A signal that aborts with the parent, or after `ms` with a TimeoutError. Needs no cleaning up. */
export const deadline = (ms: number, parent?: AbortSignal): AbortSignal =>
  parent ? AbortSignal.any([parent, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);

/** A signal that aborts with any of its parents, or when it is told to. */
export interface Follower extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/**
 * For what is done again and again under signals that live for days: disposed, it leaves nothing behind. `AbortSignal.any` leaves its signals
 * to the garbage collector, and that is 100 MB of memory more at 50,000 calls in a row.
 */
export const follow = (...parents: readonly AbortSignal[]): Follower => {
  const own = new AbortController();
  const ties = parents.map((parent) => {
    const cut = (): void => own.abort(parent.reason);
    if (parent.aborted) cut();
    else parent.addEventListener("abort", cut, { once: true });
    return () => parent.removeEventListener("abort", cut);
  });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    [Symbol.dispose]: () => {
      for (const untie of ties) untie();
    },
  };
};

/** Settles like `work`, or rejects with the signal's reason as soon as it is aborted. The work itself must listen to the signal to stop. */
export const abortable = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  if (signal.aborted) {
    work.catch(() => undefined);
    return Promise.reject(signal.reason as Error);
  }
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
};
