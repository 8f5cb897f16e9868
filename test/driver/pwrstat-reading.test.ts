import { expect, test } from "vitest";
import { readAnswer } from "#driver/pwrstat/answer.ts";
import { readListing } from "#driver/pwrstat/listing.ts";
import { hertz, measuresOf } from "#driver/pwrstat/measure.ts";
import type { Status } from "#driver/pwrstat/status.ts";
import { answerFields, printedFields } from "#transport/pwrstat/field.ts";
import { answerOf, full, lost } from "#test/transport/pwrstat-double.ts";
import { valuesOf } from "./pwrstat-open.ts";
import { common, printed, seen } from "./pwrstat-text.ts";

const read = (name: keyof typeof seen): Status => readListing(printedFields(printed(seen[name])));
const values = (name: keyof typeof seen): Readonly<Record<string, unknown>> => valuesOf(read(name).readings);
/** Date and time as this machine's clock showed them, with whatever offset it has. */
const local = (moment: string): unknown => expect.stringMatching(new RegExp(`^${moment}[+-]\\d\\d:\\d\\d$`));

const usual = {
  "variable/input.voltage.nominal variable.number": 120,
  "variable/last-power-event variable.text": "Blackout at 2026/07/21 15:10:43 for 24 sec.",
  "ups ups.status": ["OL"],
  "ups ups.state": "online",
  "ups ups.communicationLost": false,
  "ups ups.onBattery": false,
  "ups ups.lowBattery": false,
  "ups ups.alarm": false,
  "ups ups.boost": false,
  "ups ups.trim": false,
  "ups ups.testing": false,
  "ups ups.charge": 100,
  "ups ups.runtime": 1080,
  "ups ups.load": 36,
  "ups ups.nominalPower": 900,
  "ups ups.nominalApparentPower": 1500,
  "ups ups.testResult": "Passed at 2026/04/19 16:26:52",
  "ups ups.lastTransfer": local("2026-07-21T15:10:43"),
  "ups ups.lastTransferReason": "Blackout",
  "input meter.voltage": 117,
  "output meter.voltage": 118,
  "output meter.power": 324,
};
const none = { "ups ups.status": ["NOCOMM"], "ups ups.state": "communication-lost", "ups ups.communicationLost": true };

test("what the program prints of a usual model, all of it", () => {
  const status = readListing(printedFields(printed(common)));
  expect(valuesOf(status.readings)).toEqual(usual);
  expect(status).toMatchObject({ model: "CP1500AVRLCDa", firmware: "CTHFU2000557", lost: false });
});

test.for([
  [
    "2008, blank before the dots, misspelt firmware, load in percent only",
    {
      "ups ups.load": 28,
      "ups ups.nominalPower": 510,
      "input meter.frequency": 59,
      "output meter.power": undefined,
      "ups ups.runtime": undefined,
      "ups ups.testing": undefined,
    },
  ],
  [
    "no firmware, load before runtime",
    { "ups ups.load": 15, "ups ups.runtime": 2820, "output meter.power": undefined, "ups ups.nominalPower": 580, "ups ups.nominalApparentPower": undefined },
  ],
  [
    "on battery, the event goes on",
    {
      "ups ups.status": ["OB"],
      "ups ups.onBattery": true,
      "input meter.voltage": 0,
      "ups ups.lastTransfer": local("2026-03-09T13:38:21"),
      "ups ups.lastTransferReason": "Blackout",
    },
  ],
  ["an online model with frequencies", { "input meter.frequency": 60, "output meter.frequency": 59.9, "output meter.power": 0, "ups ups.load": 0 }],
  ["a frequency ten times too large", { "input meter.frequency": 50.1 }],
  ["VA first", { "ups ups.nominalPower": 335, "ups ups.nominalApparentPower": 515 }],
  [
    "a test runs",
    {
      "ups ups.status": ["OL", "TEST"],
      "ups ups.state": "test",
      "ups ups.testing": true,
      "ups ups.onBattery": false,
      "ups ups.testResult": "In progress",
      "ups ups.lastTransfer": undefined,
    },
  ],
  ["a test on the battery", { "ups ups.status": ["OL", "DISCHRG", "TEST"], "ups ups.onBattery": false, "ups ups.state": "test" }],
  [
    "too little mains",
    {
      "ups ups.status": ["OL", "BOOST"],
      "ups ups.boost": true,
      "ups ups.lastTransferReason": "Undervoltage",
      "ups ups.lastTransfer": local("2026-01-02T03:04:05"),
    },
  ],
  ["too much mains", { "ups ups.status": ["OL", "TRIM"], "ups ups.trim": true, "ups ups.lastTransferReason": "Overvoltage" }],
  ["low battery", { "ups ups.status": ["OB", "LB"], "ups ups.state": "low-battery", "ups ups.lowBattery": true, "ups ups.runtime": 0, "ups ups.alarm": false }],
  ["something nobody has seen", { "ups ups.status": ["OL", "ALARM"], "ups ups.alarm": true, "ups ups.alarmText": "Output Short" }],
] as const)("printed: %s", ([name, wanted]) => {
  expect(values(name)).toMatchObject(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
  for (const [point, value] of Object.entries(wanted)) if (value === undefined) expect(values(name)).not.toHaveProperty([point]);
});

test.for(["the link is lost", "the link is lost, properties kept", "no UPS at all"] as const)("printed: %s, and nothing else is known", (name) => {
  expect(values(name)).toEqual(none);
  expect(read(name)).toMatchObject({ lost: true });
});

test("the model's leading blank and the misspelt firmware are understood", () => {
  expect(read("2008, blank before the dots, misspelt firmware, load in percent only")).toMatchObject({ model: "850VA", firmware: "2.202" });
  expect(read("no firmware, load before runtime")).toMatchObject({ model: "CP 1000D" });
  expect(read("no firmware, load before runtime").firmware).toBeUndefined();
});

test("blanks instead of tabs, two blanks before the value and other line ends change nothing", () => {
  const text = printed(common).replaceAll("\t", "        ").replaceAll(". ", ".  ").replaceAll("\n", "\r\n");
  expect(valuesOf(readListing(printedFields(text)).readings)).toEqual(usual);
});

test("a firmware with a dot keeps it", () => {
  const fields = printedFields(printed({ ...common, "Firmware Number": "BFE5107.B23" }));
  expect(readListing(fields).firmware).toBe("BFE5107.B23");
});

const answered = {
  "variable/input.voltage.nominal variable.number": 120,
  "ups ups.status": ["OL", "CHRG"],
  "ups ups.state": "online",
  "ups ups.communicationLost": false,
  "ups ups.onBattery": false,
  "ups ups.charging": true,
  "ups ups.discharging": false,
  "ups ups.boost": false,
  "ups ups.trim": false,
  "ups ups.charge": 97,
  "ups ups.runtime": 3030,
  "ups ups.load": 10.5,
  "ups ups.nominalPower": 900,
  "ups ups.testResult": "Passed at 2026/03/19 15:05:30",
  "ups ups.lastTransfer": local("2026-11-07T12:02:43"),
  "input meter.voltage": 121.5,
  "output meter.voltage": 119,
  "battery meter.voltage": 24,
};
const answer = (fields: Readonly<Record<string, string>>): Status => readAnswer(answerFields(answerOf(fields).trimEnd()));

test("what the daemon answers, all of it: volts, watts and load by a thousand", () => {
  expect(valuesOf(answer(full).readings)).toEqual(answered);
  expect(answer(full)).toMatchObject({ model: "CP 1500C", firmware: "BFE5107.B23", lost: false });
});

test.for([
  [
    { ac_present: "no", battery_charging: "no", battery_discharging: "yes", utility_volt: "0" },
    { "ups ups.status": ["OB", "DISCHRG"], "ups ups.onBattery": true, "input meter.voltage": 0 },
  ],
  [{ boost: "yes" }, { "ups ups.status": ["OL", "CHRG", "BOOST"], "ups ups.boost": true }],
  [{ buck: "yes" }, { "ups ups.status": ["OL", "CHRG", "TRIM"], "ups ups.trim": true }],
  [
    { load: "0", battery_remainingtime: "0", battery_capacity: "0" },
    { "ups ups.load": 0, "ups ups.runtime": 0, "ups ups.charge": 0 },
  ],
  [{ diagnostic_result: "2" }, { "ups ups.testResult": "Result 2 at 2026/03/19 15:05:30" }],
] as const)("answered: %j", ([change, wanted]) => {
  expect(valuesOf(answer({ ...full, ...change }).readings)).toMatchObject(wanted);
});

test.for([
  ["no flag whether mains are there", { ac_present: "maybe" }, ["ups ups.onBattery"], { "ups ups.state": "unknown" }],
  ["a model without buck", { buck: "" }, ["ups ups.trim"], { "ups ups.boost": false }],
  ["no event yet", { power_event_result: "0" }, ["ups ups.lastTransfer"], {}],
  ["a date that never was", { power_event_date: "2026/02/30 12:00:00" }, ["ups ups.lastTransfer"], {}],
  [
    "numbers that no UPS has",
    { battery_capacity: "255", battery_remainingtime: "65535", load: "-1", utility_volt: "4294967295" },
    ["ups ups.charge", "ups ups.runtime", "ups ups.load", "input meter.voltage"],
    {},
  ],
  [
    "what is no plain number",
    { load: "1e4", output_volt: "0x1d0c8", battery_volt: "24000 mV" },
    ["ups ups.load", "output meter.voltage", "battery meter.voltage"],
    {},
  ],
] as const)("answered: %s", ([, change, absent, wanted]) => {
  const found = valuesOf(answer({ ...full, ...change }).readings);
  for (const point of absent) expect(found).not.toHaveProperty([point]);
  expect(found).toMatchObject(wanted);
});

test("answered: a lost link, which keeps what was told before, is lost and nothing else is known", () => {
  for (const fields of [lost, { ...lost, ac_present: "yes" }, { state: "5" }]) {
    expect(valuesOf(answer(fields).readings)).toEqual(none);
    expect(answer(fields).lost).toBe(true);
  }
});

test.for([
  ["900 Watt(1500 VA)", { Watt: 900, VA: 1500 }],
  ["515 VA (335 Watt)", { Watt: 335, VA: 515 }],
  ["810 Watt", { Watt: 810 }],
  ["60.0 Hz", { Hz: 60 }],
  ["18 min.", { min: 18 }],
  ["0 V", { V: 0 }],
  ["-5 V", {}],
  ["1,234 V", {}],
  ["12 Volts", {}],
  ["Unknown", {}],
  ["1 hr. 20 min.", {}],
  ["", {}],
] as const)("%j measures %j", ([text, wanted]) => {
  expect(measuresOf(text)).toEqual(wanted);
});

test("only a frequency that no mains have is corrected", () => {
  expect([50, 60, 501, 600, 45.5, 400, 651].map(hertz)).toEqual([50, 60, 50.1, 60, 45.5, 400, 651]);
});
