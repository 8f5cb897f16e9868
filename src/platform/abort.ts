/** A signal that aborts with the parent, or after `ms` with a TimeoutError. Needs no cleaning up. */
export const deadline = (ms: number, parent?: AbortSignal): AbortSignal => (parent ? AbortSignal.any([parent, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms));

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
