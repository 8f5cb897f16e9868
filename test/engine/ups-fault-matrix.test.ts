import { afterAll, describe, expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import type { UpsEventType } from "#domain/ups-event.ts";
import { upsRig, type UpsRig } from "./ups-double.ts";

/** What happens, in seconds after the UPS was first read. */
type Step = readonly [at: number, act: (rig: UpsRig) => void];

interface Fate {
  readonly title: string;
  readonly words: string;
  readonly steps: readonly Step[];
  /** Seconds until the end. */
  readonly lasts: number;
  /** What `ups.state` shows, one after the other; `?` while nothing that is known holds. */
  readonly states: readonly string[];
  readonly events: readonly UpsEventType[];
  /** `on battery` for automations, one after the other. */
  readonly held: readonly (boolean | undefined)[];
}

const say =
  (words: string): Step[1] =>
  ({ ups }) =>
    void (ups.words = words);
const cut: Step[1] = ({ ups }) => void (ups.dead = new Fault("unreachable", "the link is cut"));
const mend: Step[1] = ({ ups }) => void (ups.dead = undefined);
const both =
  (...acts: readonly Step[1][]): Step[1] =>
  (rig) => {
    for (const act of acts) act(rig);
  };

/** The link is cut for so long; what the UPS does meanwhile, nobody sees. */
const cutFor = (seconds: number, words: string): Fate => {
  const state = words.startsWith("OL") ? "online" : "on-battery";
  const held = state === "on-battery";
  return {
    title: `link cut for ${seconds} s, ${state}`,
    words,
    steps: [
      [20.5, cut],
      [20.5 + seconds, mend],
    ],
    lasts: 120,
    states: [state, "?", state],
    events: ["communication-lost", "communication-restored"],
    held: held ? [undefined, true, undefined, true] : [false, undefined, false],
  };
};

const fates: readonly Fate[] = [
  {
    title: "driver killed in the second of the transfer, and back on battery",
    words: "OL CHRG",
    steps: [
      [10.5, both(say("OB DISCHRG"), cut)],
      [25, mend],
    ],
    lasts: 80,
    states: ["online", "?", "on-battery"],
    events: ["communication-lost", "communication-restored", "on-battery"],
    held: [false, undefined, false, true],
  },
  {
    title: "driver lost by its server in the second of the transfer",
    words: "OL",
    steps: [
      [10.5, say("NOCOMM")],
      [25.5, say("OB")],
    ],
    lasts: 60,
    states: ["online", "communication-lost", "on-battery"],
    events: ["communication-lost", "communication-restored", "on-battery"],
    held: [false, undefined, false, true],
  },
  {
    title: "server restarted while on battery",
    words: "OL",
    steps: [
      [10.5, say("OB DISCHRG")],
      [30.5, cut],
      [33.5, mend],
      [90.5, say("OL CHRG")],
    ],
    lasts: 120,
    states: ["online", "on-battery", "?", "on-battery", "online"],
    events: ["on-battery", "communication-lost", "communication-restored", "on-line"],
    held: [false, true, undefined, true, false],
  },
  {
    title: "mains back while the link is cut",
    words: "OL",
    steps: [
      [10.5, say("OB DISCHRG")],
      [30.5, cut],
      [35, say("OL CHRG")],
      [40, mend],
    ],
    lasts: 120,
    states: ["online", "on-battery", "?", "online"],
    events: ["on-battery", "communication-lost", "communication-restored", "on-line"],
    held: [false, true, undefined, false],
  },
  ...[1, 4, 30].flatMap((seconds) => [cutFor(seconds, "OL"), cutFor(seconds, "OB DISCHRG")]),
  {
    title: "OL LB for 2 s",
    words: "OL",
    steps: [
      [10.5, say("OL LB")],
      [12.5, say("OL")],
    ],
    lasts: 40,
    states: ["online"],
    events: ["low-battery", "low-battery-cleared"],
    held: [false],
  },
  {
    title: "OB LB for 1 s",
    words: "OL",
    steps: [
      [10.5, say("OB LB")],
      [11.5, say("OL")],
    ],
    lasts: 40,
    states: ["online", "low-battery", "online"],
    events: ["low-battery", "flicker", "low-battery-cleared"],
    held: [false],
  },
  {
    title: "LB at 97 % of charge",
    words: "OL",
    steps: [[10.5, both(say("OB LB"), ({ ups }) => void (ups.values = { "ups ups.charge": 97 }))]],
    lasts: 40,
    states: ["online", "low-battery"],
    events: ["low-battery", "on-battery"],
    held: [false, true],
  },
  {
    title: "FSD at the start",
    words: "FSD OB LB",
    steps: [],
    lasts: 40,
    states: ["forced-shutdown"],
    events: [],
    held: [undefined, true],
  },
  {
    title: "a self-test on battery, longer than a flicker",
    words: "OL",
    steps: [
      [10.5, say("OB DISCHRG TEST")],
      [25.5, say("OL CHRG")],
    ],
    lasts: 40,
    states: ["online", "test", "online"],
    events: ["test-started", "test-ended"],
    held: [false],
  },
  {
    title: "the clock set by two weeks, forth and back, on battery",
    words: "OL",
    steps: [
      [10.5, say("OB DISCHRG")],
      [12, ({ clock }) => clock.step(14 * 24 * 3600_000)],
      [30, ({ clock }) => clock.step(-28 * 24 * 3600_000)],
      [40.5, say("OL")],
    ],
    lasts: 60,
    states: ["online", "on-battery", "online"],
    events: ["on-battery", "on-line"],
    held: [false, true, false],
  },
  {
    title: "a source that hangs for ever",
    words: "OL",
    steps: [[10.5, ({ ups }) => void (ups.hanging = true)]],
    lasts: 600,
    states: ["online", "?"],
    events: ["communication-lost"],
    held: [false, undefined],
  },
];

/** Everything that is seen, ten times a second. */
const live = async (rig: UpsRig, { steps, lasts }: Fate): Promise<{ readonly states: unknown[]; readonly held: unknown[] }> => {
  const states: unknown[] = [];
  const held: unknown[] = [];
  const begin = rig.clock.monotonic();
  const left = [...steps];
  const note = (list: unknown[], value: unknown): void => {
    if (list.length === 0 || list.at(-1) !== value) list.push(value);
  };
  for (let at = 0; at < lasts; at = (rig.clock.monotonic() - begin) / 1000) {
    while (left[0] && left[0][0] <= at) left.shift()?.[1](rig);
    note(states, rig.now("ups", "ups.state") ?? "?");
    note(held, rig.now("ups", "ups.onBatteryHeld"));
    await rig.clock.sleep(100);
  }
  expect(left).toEqual([]);
  return { states, held };
};

const rows: string[][] = [];
const word = (value: boolean | undefined): string => (value === undefined ? "?" : value ? "yes" : "no");

describe("nothing is lost and nothing is made up", () => {
  test.each(fates.map((fate) => [fate.title, fate] as const))("%s", async (title, fate) => {
    await using rig = await upsRig({ words: fate.words, values: { "ups ups.charge": 90 } });
    const { states, held } = await live(rig, fate);
    const events = rig.events.map(({ type }) => type);
    rows.push([title, fate.states.join(" → "), fate.held.map(word).join(" → "), fate.events.join(", ")]);
    expect({ states, held, events }).toEqual({ states: fate.states, held: fate.held, events: fate.events });
  });

  afterAll(() => {
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
    process.stdout.write(`\n${rows.map(line).join("\n")}\n\n`);
  });
});
