/** Who has something to do waits here for his turn. */
export interface Turns {
  take(act: () => void): void;
}

/** So many in one turn of the event loop: a thousand clients with a great appetite then cost everybody else milliseconds, not seconds. */
const together = 8;

export const createTurns = (): Turns => {
  const waiting: (() => void)[] = [];
  let under = false;
  const run = (): void => {
    for (const act of waiting.splice(0, together)) act();
    under = waiting.length > 0;
    if (under) setImmediate(run);
  };
  return {
    take: (act) => {
      waiting.push(act);
      if (under) return;
      under = true;
      setImmediate(run);
    },
  };
};
