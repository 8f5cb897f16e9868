/** How long to wait for an answer, learnt from those that came (RFC 6298, section 2, with bounds for one request at a time). */
export interface RoundTrip {
  /** First wait in milliseconds and the factor by which each further one is longer, such that all tries together take the patience. */
  schedule(): { readonly timeout: number; readonly backoff: number };
  /** An answer came after so many milliseconds. */
  learn(elapsed: number): void;
}

const shortest = 100;

/** `patience`: milliseconds for all tries together. An answer to any of the tries counts, as they carry the same request id. */
export const createRoundTrip = (patience: number, tries: number): RoundTrip => {
  let smooth: number | undefined;
  let spread = 0;
  // Untaught, each wait is twice the one before.
  const longest = patience / (2 ** tries - 1);
  let known: { timeout: number; backoff: number } = { timeout: longest, backoff: 2 };
  const plan = (timeout: number): { timeout: number; backoff: number } => {
    // Smallest factor whose sum of waits reaches the patience; the sum grows with it, so halving the interval finds it.
    let low = 1;
    let high = patience / timeout;
    for (let step = 0; step < 20; step++) {
      const middle = (low + high) / 2;
      let sum = 0;
      for (let turn = 0; turn < tries; turn++) sum += timeout * middle ** turn;
      if (sum < patience) low = middle;
      else high = middle;
    }
    return { timeout, backoff: high };
  };
  return {
    schedule: () => known,
    learn: (elapsed) => {
      spread = smooth === undefined ? elapsed / 2 : 0.75 * spread + 0.25 * Math.abs(smooth - elapsed);
      smooth = smooth === undefined ? elapsed : 0.875 * smooth + 0.125 * elapsed;
      const wait = Math.min(longest, Math.max(shortest, smooth + 4 * spread));
      if (wait < 0.8 * known.timeout || wait > 1.2 * known.timeout) known = plan(wait);
    },
  };
};
