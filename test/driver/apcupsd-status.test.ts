import { expect, test } from "vitest";
import { upsStatus } from "#domain/ups-status.ts";
import { statusOf, vocabulary } from "#driver/apcupsd/status.ts";
import { flag, statusText, written } from "#test/transport/apcupsd-status-text.ts";

const { commLost, shutdown, imminent, slave, slaveDown, hasBattery, unrelated } = flag;

const hex = (flags: number): string => `0x${flags.toString(16).padStart(8, "0").toUpperCase()}`;
const report = (fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(fields));
const wordsOf = (fields: Readonly<Record<string, string>>): readonly string[] => statusOf(report(fields)).words.toSorted();

/** Every combination of the bits that mean something. */
const combinations = function* (): Generator<number> {
  const bits = [...written.map(([bit]) => bit), commLost, shutdown, imminent, slave, slaveDown, hasBattery, unrelated];
  for (let chosen = 0; chosen < 2 ** bits.length; chosen++)
    yield bits.reduce((flags, bit, at) => ((chosen & (1 << at)) === 0 ? flags : (flags | bit) >>> 0), 0);
};

test("every combination of STATFLAG's bits, beside the STATUS that apcupsd writes for it, gives these words and no others", () => {
  let compared = 0;
  for (const flags of combinations()) {
    const own = written.flatMap(([bit, , word]) => ((flags & bit) === 0 ? [] : [word]));
    const down = (flags & shutdown) !== 0;
    // While it shuts down, STATUS has room for nothing else.
    const beside = down
      ? []
      : [
          ...((flags & hasBattery) === 0 ? ["ALARM", "NOBATT"] : []),
          ...((flags & slave) === 0 ? [] : ["SLAVE"]),
          ...((flags & slaveDown) === 0 ? [] : ["SLAVEDOWN"]),
        ];
    const expected: readonly string[] = (flags & commLost) === 0 ? [...own, ...(down ? ["FSD"] : []), ...beside] : ["NOCOMM"];
    const lost = (flags & commLost) !== 0;
    const wanted = [expected.toSorted().join(" "), lost, lost ? undefined : (flags & imminent) !== 0].join();
    const status = statusOf(report({ STATFLAG: hex(flags), STATUS: statusText(flags) }));
    const found = [status.words.toSorted().join(" "), status.lost, status.shutdownImminent].join();
    if (found !== wanted) expect.fail(`${hex(flags)} ${statusText(flags)}: ${found} instead of ${wanted}`);
    compared++;
  }
  expect(compared).toBe(2 ** 15);
});

test("STATUS alone and STATFLAG alone say the same, as far as each can", () => {
  let compared = 0;
  for (const flags of combinations()) {
    if ((flags & (shutdown | commLost | slave | slaveDown)) !== 0 || (flags & hasBattery) === 0) continue;
    expect(wordsOf({ STATUS: statusText(flags) })).toEqual(wordsOf({ STATFLAG: hex(flags) }));
    compared++;
  }
  expect(compared).toBe(2 ** 10);
});

test.for([
  [{ STATUS: "COMMLOST", STATFLAG: "0x05000108", LINEV: "231.0 Volts" }, ["NOCOMM"], "communication-lost"],
  [{ STATUS: "COMMLOST" }, ["NOCOMM"], "communication-lost"],
  [{ STATUS: "ONLINE", STATFLAG: "0x07000108" }, ["NOCOMM"], "communication-lost"],
  [{ STATUS: "SHUTTING DOWN COMMLOST", STATFLAG: "0x05000310" }, ["NOCOMM"], "communication-lost"],
  [{ STATUS: "SHUTTING DOWN", STATFLAG: "0x05060250" }, ["FSD", "LB", "OB"], "forced-shutdown"],
  [{ STATUS: "SHUTTING DOWN" }, ["FSD"], "forced-shutdown"],
  [{ STATUS: "ONLINE", STATFLAG: "0x08 Status Flag" }, ["OL"], "online"],
  [{ STATUS: "ONBATT LOWBATT", STATFLAG: "rubbish" }, ["LB", "OB"], "low-battery"],
  [{ STATFLAG: "0x008 Status Flag", LINEFAIL: "OK" }, ["OL"], "online"],
  [{ STATUS: "ONLINE", STATFLAG: "0x05000008", SELFTEST: "IP" }, ["OL", "TEST"], "test"],
  [{ STATUS: "ONLINE FROBNICATING", STATFLAG: "0x05000008" }, ["FROBNICATING", "OL"], "online"],
  [{ STATUS: "", STATFLAG: "0x05000000" }, [], "unknown"],
  [{ STATUS: "N/A", STATFLAG: "N/A" }, [], "unknown"],
] as const)("%j is %j, and its state %s", ([fields, words, state]) => {
  expect(wordsOf(fields)).toEqual(words);
  expect(upsStatus("ups", statusOf(report(fields)).words).find(({ point }) => point === "ups.state")?.value).toBe(state);
});

test("what apcupsd cannot say is not promised", () => {
  for (const word of ["CHRG", "DISCHRG", "BYPASS", "OFF", "HB"]) expect(vocabulary).not.toContain(word);
  for (const [, , word] of written) expect(vocabulary).toContain(word);
});
