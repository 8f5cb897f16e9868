/** How long a BMC takes to answer, learned from its answers; milliseconds. */
export interface RoundTrip {
  learn(took: number): void;
  /** How long to wait for an answer before it counts as lost. */
  readonly wait: number;
}

const shortest = 200;
const longest = 8_000;
const whileUnknown = 1_000;

/** Slower is believed at once and faster by and by: a BMC that is asked again too early only gets slower. */
export const createRoundTrip = (): RoundTrip => {
  let smooth: number | undefined;
  return {
    learn: (took) => {
      smooth = smooth === undefined ? took : smooth + (took - smooth) * (took > smooth ? 0.5 : 0.125);
    },
    get wait() {
      return smooth === undefined ? whileUnknown : Math.min(longest, Math.max(shortest, 4 * smooth));
    },
  };
};
