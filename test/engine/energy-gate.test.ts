import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reading } from "#domain/device.ts";
import { createEnergyGate } from "#engine/energy-gate.ts";
import { openDatabase } from "#platform/database.ts";
import { createLog } from "#platform/log.ts";
import { virtualClock } from "#test/platform/virtual-clock.ts";
import { crashingGate } from "./crashing-gate.ts";

const log = createLog("error", () => undefined);

/** A meter, its gate, and crashes: the next gate knows what the disk knows, and nothing else. */
const meter = () => {
  const database = openDatabase(":memory:", () => undefined);
  const clock = virtualClock();
  const begin = crashingGate(database, clock);
  let gate = begin();
  const told: number[] = [];
  return {
    told,
    clock,
    /** Ten seconds later, the device says so many kWh. What is told then, if anything. */
    say: async (raw: number): Promise<number | undefined> => {
      await clock.sleep(10_000);
      const [passed] = gate.pass("pdu", [reading("outlet/1", "meter.energy", raw)]);
      if (passed) told.push(passed.value as number);
      return passed?.value as number | undefined;
    },
    crash: (): void => void (gate = begin()),
    stop: (): void => {
      gate[Symbol.dispose]();
      gate = begin();
    },
    [Symbol.dispose]: (): void => clock[Symbol.dispose](),
  };
};

describe("totals of energy over a crash", () => {
  test("go on with the device when it goes on", async () => {
    using pdu = meter();
    for (const raw of [304.6, 304.61, 304.62]) await pdu.say(raw);
    pdu.crash();
    expect(await pdu.say(304.63)).toBe(304.63);
  });

  test("wait for a second word when the device says something strange, and then do not fall below what was told", async () => {
    using pdu = meter();
    for (const raw of [304.6, 304.61, 304.62, 304.64]) await pdu.say(raw);
    pdu.crash();
    expect(await pdu.say(0)).toBeUndefined();
    expect(await pdu.say(0)).toBeUndefined();
    expect(await pdu.say(0)).toBeGreaterThanOrEqual(304.64);
    for (let raw = 0.01; raw < 0.2; raw += 0.01) await pdu.say(raw);
    expect(pdu.told).toEqual(pdu.told.toSorted((a, b) => a - b));
    // What was held back for safety has been caught up with.
    expect(pdu.told.at(-1)).toBeLessThanOrEqual(304.64 + 0.2);
  });

  test("are exact when the program was asked to stop", async () => {
    using pdu = meter();
    for (const raw of [304.6, 304.61, 304.62]) await pdu.say(raw);
    pdu.stop();
    expect(await pdu.say(304.62)).toBe(304.62);
  });

  test("never fall and never grow by more than flowed, whatever crashes and starts anew", async () => {
    const event = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(0, 0.001, 0.01, 0.1, 0.3) },
      { weight: 1, arbitrary: fc.constantFrom("crash", "anew", "zero" as const) },
    );
    let compared = 0;
    // Three zeros in a row are a new beginning to anybody; a meter that then goes on from its old small number counts it again.
    const glitches = (events: readonly (number | string)[]): boolean =>
      !/zero,zero,zero/.test(events.filter((one) => one !== "crash" && one !== "anew").join(","));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 60 }).filter(glitches), async (events) => {
        using pdu = meter();
        let raw = 304.6;
        let flowed = 0;
        await pdu.say(raw);
        await pdu.clock.sleep(1000); // a new counter is on the disk a moment later
        for (const what of events) {
          if (what === "crash") pdu.crash();
          else if (what === "anew") raw = 0;
          else if (what === "zero") await pdu.say(0);
          else {
            raw += what;
            flowed += what;
            await pdu.say(raw);
          }
        }
        for (let index = 1; index < pdu.told.length; index++, compared++) expect(pdu.told[index]).toBeGreaterThanOrEqual(pdu.told[index - 1] ?? 0);
        // At most the reserve above the truth, and only for a while.
        expect((pdu.told.at(-1) ?? 0) - 304.6).toBeLessThanOrEqual(flowed + 0.05 * events.filter((one) => one === "crash").length + 0.001);
      }),
      {
        numRuns: 1000,
        examples: [
          [["anew", 0, 0.3, 0, "zero", 0, "crash", "crash", "zero", "zero", "crash", 0, 0]],
          [["anew", 0, 0, 0, 0.01, 0, 0, 0, "crash", "crash", 0, "anew", "crash", 0, 0]],
          [["anew", 0, 0.3, 0, 0.01, "anew", 0.3, "crash", 0, 0, 0, 0, 0, "crash", 0, 0, 0, 0]],
        ],
      },
    );
    expect(compared).toBeGreaterThan(3000);
  });
});

test("a driver that gives the same objects for what has not changed is told the same totals as many that make them anew", () => {
  const makeGate = (clock: ReturnType<typeof virtualClock>) =>
    createEnergyGate(
      openDatabase(":memory:", () => undefined),
      clock,
      log,
    );
  const polls = fc.array(
    fc.record({ parts: fc.subarray([1, 2, 3], { minLength: 1 }), energy: fc.constantFrom(0, 5, 5.01, 5.02, 900), power: fc.constantFrom(40, 41) }),
    { minLength: 3, maxLength: 20 },
  );
  let passed = 0;
  fc.assert(
    fc.property(polls, (given) => {
      using clock = virtualClock();
      using again = makeGate(clock);
      using anew = makeGate(clock);
      const kept = new Map<string, ReturnType<typeof reading>>();
      const keep = (one: ReturnType<typeof reading>) => {
        const key = JSON.stringify(one);
        const known = kept.get(key) ?? one;
        kept.set(key, known);
        return known;
      };
      for (const { parts, energy, power } of given) {
        const readings = parts.flatMap((part) => [reading(`outlet/${part}`, "meter.power", power), reading(`outlet/${part}`, "meter.energy", energy + part)]);
        const told = again.pass("pdu", readings.map(keep));
        // Each part by itself, as a device of its own.
        expect(told).toEqual(parts.flatMap((_, at) => anew.pass(`pdu-${parts[at]}`, readings.slice(2 * at, 2 * at + 2))));
        passed += told.length;
      }
    }),
  );
  expect(passed).toBeGreaterThan(1000);
});
