/**
 * One counter of energy, in kWh. What a device counts may show a zero while it starts, wrap, be reset or be torn between two words;
 * Home Assistant would count a whole meter again after a fall of more than a tenth (ha-platform 6.8; core#54463, solax-modbus#2252).
 * The total that leaves here only grows, and never by more than could have flowed.
 */
export interface CounterState {
  /** What is published; absent until a first reading is believed. */
  readonly total?: number;
  /** The device's own number that `total` goes with. */
  readonly raw: number;
  /** When `raw` was read, in milliseconds; only differences count. */
  readonly at: number;
  /** A number that does not follow from `raw`, and how often in a row the device has held to it. */
  readonly doubted?: { readonly first: number; readonly last: number; readonly at: number; readonly times: number };
}

/** kW; more than any rack draws through one meter. */
const plausiblePower = 100;
/** kWh; meters that count in whole kWh must be able to step. */
const step = 1.1;
/** How many readings in a row must follow from each other before a new level of the device's counter is believed. */
const believedAfter = 3;

const couldFlow = (from: number, to: number, milliseconds: number): boolean =>
  to >= from && to - from <= step + (plausiblePower * Math.max(0, milliseconds)) / 3_600_000;

/** True when a device that started again at zero since `state` could say `raw` by now. */
export const couldBeNew = (state: CounterState, raw: number, now: number): boolean => couldFlow(0, raw, now - state.at);

/** Rounds away what binary fractions add, and nothing that a meter could mean: what is rounded away here never comes back. */
const tidy = (kWh: number): number => Math.round(kWh * 1e9) / 1e9;
/** A total and what has flowed since. */
export const addTo = (total: number, flowed: number): number => tidy(total + flowed);

export const firstCount = (raw: number, now: number): CounterState =>
  // A meter that starts up often says 0 first; a real 0 is said twice.
  raw > 0 ? { total: tidy(raw), raw, at: now } : { raw, at: now };

/** The next state after the device has said `raw`. A clock that goes back counts as no time. */
export const count = (state: CounterState, raw: number, now: number): CounterState => {
  if (!Number.isFinite(raw) || raw < 0) return state;
  if (state.total === undefined) return raw === state.raw || couldFlow(state.raw, raw, now - state.at) ? { total: tidy(raw), raw, at: now } : { raw, at: now };
  // The difference first: a small total next to a large number would lose its last digits, and could fall.
  if (couldFlow(state.raw, raw, now - state.at)) return { total: tidy(state.total + (raw - state.raw)), raw, at: now };
  const { total, doubted } = state;
  const follows = doubted !== undefined && couldFlow(doubted.last, raw, now - doubted.at);
  const again = follows ? { ...doubted, last: raw, at: now, times: doubted.times + 1 } : { first: raw, last: raw, at: now, times: 1 };
  if (again.times < believedAfter) return { ...state, doubted: again };
  // The device has started anew. What it counted since then belongs to the total, as far as it could have flowed since the last believed reading.
  const since = again.first < state.raw && couldFlow(0, again.first, now - state.at) ? raw : raw - again.first;
  return { total: tidy(total + since), raw, at: now };
};
