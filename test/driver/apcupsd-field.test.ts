import fc from "fast-check";
import { expect, test } from "vitest";
import { isPointName, pointSpec } from "#domain/capability.ts";
import { partPattern } from "#domain/device.ts";
import { fieldOf } from "#driver/apcupsd/field.ts";
import { readMoment } from "#driver/apcupsd/said.ts";

test.for([
  ["LINEV", "231.0 Volts", 231],
  ["LINEV", "0.0 Volts", 0],
  ["LINEV", "N/A", undefined],
  ["LINEV", "231.0 Hz", undefined],
  ["LINEV", "-1", undefined],
  ["LINEV", "2e3 Volts", undefined],
  ["LOADPCT", " 33.2 Percent Load Capacity".trim(), 33.2],
  ["LOADPCT", "0.0 Percent", 0],
  ["LOADPCT", "130.0 Percent", 130],
  ["BCHARGE", "096.0 Percent", 96],
  ["BCHARGE", "255.0 Percent", undefined],
  ["TIMELEFT", "45.1 Minutes", 2706],
  ["TIMELEFT", "0.0 Minutes", 0],
  ["TIMELEFT", "90 Seconds", 90],
  ["TIMELEFT", "39.0", 2340],
  ["TONBATT", "31 seconds", 31],
  ["ITEMP", "30.6 C Internal", 30.6],
  ["AMBTEMP", "-12.5 C", -12.5],
  ["AMBTEMP", "-273.2 C", undefined],
  ["HUMIDITY", "25.6", 25.6],
  ["NOMPOWER", "0 Watts", undefined],
  ["NOMPOWER", "980 Watts", 980],
  ["NOMOUTV", "230", 230],
  ["MBATTCHG", "-1 Percent", undefined],
  ["MAXTIME", "0 Seconds", 0],
  ["MAXTIME", "-1 Seconds", undefined],
  ["MINTIMEL", "-1 Minutes", undefined],
  ["MINTIMEL", "3 Minutes", 180],
  ["DLOWBATT", "05 Minutes", 300],
  ["OUTCURNT", "0.00 Amps", 0],
  ["LASTXFER", "No transfers since turnon", "No transfers since turnon"],
  ["LASTXFER", "UNKNOWN EVENT", undefined],
  ["SENSE", "Unknown", undefined],
  ["SELFTEST", "BT", "Failed: insufficient battery capacity"],
  ["SELFTEST", "NO", "No test"],
  ["SELFTEST", "??", undefined],
  ["XONBATT", "2026-11-20 20:11:03 +0100", "2026-11-20T20:11:03+01:00"],
  ["XONBATT", "Sun Jun 05 20:49:18 PDT 2005", undefined],
  ["XONBATT", "2026-13-40 20:11:03 +0100", undefined],
  ["XONBATT", "N/A", undefined],
  ["XOFFBATT", "Sun Jun 05 20:49:19 PDT 2005", "Sun Jun 05 20:49:19 PDT 2005"],
  ["XOFFBATT", "N/A", undefined],
  ["BATTDATE", "2023-03-01", "2023-03-01"],
  ["DIPSW", "0x00 Dip Switch", "0x00 Dip Switch"],
  ["FUTURE", "42 Parsecs", "42 Parsecs"],
] as const)("%s: %s is %s", ([name, text, value]) => {
  expect(fieldOf(name)?.read(text)).toBe(value);
});

test("a name that is no name, the frame, and what is in the description are no fields", () => {
  for (const name of ["APC", "END APC", "MODEL", "SERIALNO", "STATUS", "a/b", "", " ", "ü", "x".repeat(80)]) expect(fieldOf(name)).toBeUndefined();
  for (const name of ["__proto__", "constructor", "toString"]) expect(fieldOf(name)?.point ?? "variable.text").toBe("variable.text");
});

test("whatever a server writes, a field is nothing or a value that fits its point, on a part that there can be", () => {
  const names = ["LINEV", "TIMELEFT", "NUMXFERS", "SELFTEST", "XONBATT", "DATE", "STATFLAG", "LASTXFER", "AMBTEMP", "NEW THING"];
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.double(), fc.constantFrom("Volts", "Minutes", "C", "", "Percent")).map(([number, unit]) => `${number} ${unit}`.trim()),
    fc.stringMatching(/^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}$/),
  );
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...names), fc.string()), text, (name, given) => {
      const field = fieldOf(name);
      if (!field) return;
      expect(field.part).toMatch(partPattern);
      expect(isPointName(field.point)).toBe(true);
      const value = field.read(given);
      if (value === undefined) return;
      read++;
      const { type } = pointSpec(field.point);
      if (type === "number") expect(Number.isFinite(value)).toBe(true);
      else expect(typeof value === "string" && value !== "").toBe(true);
      if (type === "time") expect(Number.isNaN(Date.parse(String(value)))).toBe(false);
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(500);
});

test("a moment keeps its offset, and one without an offset is none", () => {
  expect(readMoment("2026-07-01 00:00:00 -0330")).toBe("2026-07-01T00:00:00-03:30");
  expect(readMoment("2026-07-01 00:00:00")).toBeUndefined();
});
