import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chassisReadings, decodeChassisStatus } from "#driver/ipmi/chassis-status.ts";
import { decodeDeviceIdentity } from "#driver/ipmi/device-identity.ts";
import { decodeFru } from "#driver/ipmi/fru-inventory.ts";
import { chassisOf, sensorsOf, wattsOf } from "#driver/ipmi/ipmitool-output.ts";
import { fruText, sensorName } from "#driver/ipmi/packed-text.ts";
import { decodeDcmiPower } from "#driver/ipmi/power-source.ts";
import { type AnalogSensor, decodeSensorRecord } from "#driver/ipmi/sdr-record.ts";
import { recallWalk, saveWalk } from "#driver/ipmi/sdr-cache.ts";
import { sensorParts, slug } from "#driver/ipmi/sensor-part.ts";
import { decodeReading } from "#driver/ipmi/sensor-reading.ts";
import { sensorValue } from "#driver/ipmi/sensor-value.ts";
import { partPattern } from "#domain/device.ts";
import { fruImage } from "#test/peer/ipmi-fru-image.ts";

const bytes = (constraints: fc.IntArrayConstraints = {}): fc.Arbitrary<Buffer> => fc.uint8Array(constraints).map((array) => Buffer.from(array));

/** Six bits a character, written by hand from the specification's own example of how they are laid out (IPMI 2.0, 43.15, table 43-13). */
const packSix = (text: string): Buffer => {
  const packed = Buffer.alloc(Math.ceil((text.length * 6) / 8));
  Array.from(text, (character, index) => {
    const value = character.charCodeAt(0) - 0x20;
    for (let bit = 0; bit < 6; bit++) {
      const at = index * 6 + bit;
      packed[at >> 3] = (packed[at >> 3] ?? 0) | (((value >> bit) & 1) << (at & 7));
    }
  });
  return packed;
};
const sixBitText = fc.string({ unit: fc.constantFrom(...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_/.")), minLength: 1, maxLength: 16 });

describe("names", () => {
  test("the specification's example of packed text", () => {
    expect(packSix("IPMI")).toEqual(Buffer.from([0x29, 0xdc, 0xa6]));
    expect(fruText(0x83, Buffer.from([0x29, 0xdc, 0xa6]), 25)).toBe("IPMI");
  });
  test("six bits a character, whether the length counts characters or bytes", () => {
    fc.assert(
      fc.property(sixBitText, (text) => {
        const packed = packSix(text);
        if (packed.length < text.length) expect(sensorName(0x80 | text.length, packed)).toBe(text);
        expect(sensorName(0x80 | packed.length, packed).slice(0, text.length)).toBe(text);
        expect(fruText(0x80 | packed.length, packed, 25).slice(0, text.length)).toBe(text);
      }),
    );
  });
  test.each([
    ["latin", 0xc8, Buffer.from("CPU Temp"), "CPU Temp"],
    ["filled up with zeros", 0xca, Buffer.from("FAN1\0\0\0\0\0\0"), "FAN1"],
    ["longer than its record", 0xdf, Buffer.from("FAN1"), "FAN1"],
    ["decimal", 0x43, Buffer.from([0x12, 0xb3, 0xc4]), "12-3.4"],
    ["wide", 0x04, Buffer.from("Fan1", "utf16le"), "Fan1"],
    ["wide, counted in bytes", 0x08, Buffer.from("Fan1", "utf16le"), "Fan1"],
  ])("%s", (_what, kind, text, expected) => {
    expect(sensorName(kind, text)).toBe(expected);
  });
});

describe("inventory", () => {
  test("the product's names win over the board's", () => {
    expect(decodeFru(fruImage("Maker", "Server", "SN1"))).toEqual({ manufacturer: "Maker", model: "Server", serial: "SN1" });
  });
  test("without a product the board's are taken, and wrong checksums do not matter", () => {
    const image = fruImage("Maker", "Server", "SN1");
    image[4] = 0;
    image[7] = 0xee;
    expect(decodeFru(image)).toEqual({ manufacturer: "Maker", model: "Server board", serial: "BSN1" });
  });
  test("cut off anywhere, or with any byte changed, it is read as far as it goes", () => {
    const image = fruImage("Maker", "Server", "SN1");
    fc.assert(
      fc.property(fc.nat(image.length), fc.nat(image.length - 1), fc.nat(255), (length, at, value) => {
        const spoilt = Buffer.from(image);
        spoilt[at] = value;
        for (const text of Object.values(decodeFru(spoilt.subarray(0, length)))) expect(typeof text).toBe("string");
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A full record: `change` sets bytes of it. */
const record = (change: Readonly<Record<number, number>> = {}, name = "CPU Temp"): Buffer => {
  const text = Buffer.from(name, "latin1");
  const whole = Buffer.concat([Buffer.alloc(48), text]);
  whole.set([1, 0, 0x51, 0x01, whole.length - 5, 0x20, 0, 7, 3, 1]);
  whole[13] = 1;
  whole[21] = 1;
  whole[24] = 1;
  whole[47] = 0xc0 | text.length;
  for (const [at, value] of Object.entries(change)) whole[Number(at)] = value;
  return whole;
};

describe("sensor records", () => {
  test("what they say", () => {
    expect(decodeSensorRecord(record({ 24: 0x2c, 25: 0x40, 26: 0xff, 27: 0xc0, 29: 0xe3 }))).toEqual({
      name: "CPU Temp",
      owner: 0x20,
      lun: 0,
      number: 7,
      entity: "3.1",
      format: 0,
      unit: 1,
      linearization: 0,
      factors: { m: 0x12c, b: -1, rExponent: -2, bExponent: 3 },
    });
  });
  test.each([
    ["of another type", record({ 3: 2 })],
    ["without an analog reading", record({ 20: 0xc0 })],
    ["cut off", record().subarray(0, 47)],
  ])("%s are none", (_what, bad) => {
    expect(decodeSensorRecord(bad)).toBeUndefined();
  });
  test("with a rate, a second unit or a percentage have no quantity", () => {
    for (const units of [0x08, 0x02, 0x01]) expect(decodeSensorRecord(record({ 20: units }))?.unit).toBe(0);
  });
  test("a hundred thousand random ones: nothing is thrown", () => {
    let decoded = 0;
    for (const noise of fc.sample(bytes({ minLength: 30, maxLength: 70 }), { numRuns: 100_000, seed: 3 })) {
      if (noise.length > 3) noise[3] = 1;
      const sensor = decodeSensorRecord(noise);
      if (!sensor) continue;
      decoded++;
      const value = sensorValue(sensor, sensor.factors, 200);
      expect(value === undefined || Number.isFinite(value)).toBe(true);
      sensorParts([sensor], "all");
    }
    expect(decoded).toBeGreaterThan(10_000);
  });
});

describe("values", () => {
  const linear = (format: 0 | 1 | 2, raw: number): number | undefined =>
    sensorValue({ format, linearization: 0 }, { m: 1, b: 0, bExponent: 0, rExponent: 0 }, raw);
  test("signs", () => {
    expect([0, 127, 128, 255].map((raw) => linear(0, raw))).toEqual([0, 127, 128, 255]);
    expect([0, 127, 128, 254].map((raw) => linear(1, raw))).toEqual([0, 127, -127, -1]);
    expect([0, 127, 128, 255].map((raw) => linear(2, raw))).toEqual([0, 127, -128, -1]);
  });
  test("follow the formula", () => {
    const exponent = fc.integer({ min: -8, max: 7 });
    const ten = fc.integer({ min: -512, max: 511 });
    fc.assert(
      fc.property(ten, ten, exponent, exponent, fc.nat(255), (m, b, bExponent, rExponent, raw) => {
        const expected = (m * raw + b * 10 ** bExponent) * 10 ** rExponent;
        expect(sensorValue({ format: 0, linearization: 0 }, { m, b, bExponent, rExponent }, raw)).toBeCloseTo(expected, 5);
      }),
    );
  });
  test("are as clean as the device's own numbers", () => {
    expect(sensorValue({ format: 0, linearization: 0 }, { m: 6, b: 0, bExponent: 0, rExponent: -2 }, 200)).toBe(12);
  });
  test.each([
    [1, Math.log(2)],
    [2, Math.log10(2)],
    [3, 1],
    [4, Math.exp(2)],
    [5, 100],
    [6, 4],
    [7, 0.5],
    [8, 4],
    [9, 8],
    [10, Math.sqrt(2)],
    [11, Math.cbrt(2)],
  ])("curve %i", (linearization, expected) => {
    expect(sensorValue({ format: 0, linearization }, { m: 1, b: 0, bExponent: 0, rExponent: 0 }, 2)).toBeCloseTo(expected, 12);
  });
  test("that are no numbers are absent", () => {
    expect(sensorValue({ format: 0, linearization: 7 }, { m: 1, b: 0, bExponent: 0, rExponent: 0 }, 0)).toBeUndefined();
    expect(sensorValue({ format: 0, linearization: 12 }, { m: 1, b: 0, bExponent: 0, rExponent: 0 }, 1)).toBeUndefined();
  });
});

describe("readings", () => {
  test.each([
    ["good", 0, [42, 0xc0, 0], 42],
    ["zero", 0, [0, 0x40], 0],
    ["unavailable", 0, [42, 0x60], undefined],
    ["scanning off", 0, [42, 0x80], undefined],
    ["no state byte", 0, [42], undefined],
    ["not present", 0xcb, [], undefined],
    ["not for this sensor", 0xcd, [], undefined],
  ])("%s", (_what, code, data, expected) => {
    expect(decodeReading({ code, data: Buffer.from(data) })).toBe(expected);
  });
  const dcmi = (watts: number, state: number): Buffer => {
    const data = Buffer.alloc(18);
    data[0] = 0xdc;
    data.writeUInt16LE(watts, 1);
    data[17] = state;
    return data;
  };
  test.each([
    ["measured", 0, dcmi(187, 0x40), 187],
    ["measured as none", 0, dcmi(0, 0x40), 0],
    ["not measured", 0, dcmi(0, 0), "off"],
    ["measured and not said so", 0, dcmi(90, 0), 90],
    ["not known", 0xc1, Buffer.alloc(0), undefined],
    ["cut off", 0, dcmi(187, 0x40).subarray(0, 10), undefined],
    ["of another group", 0, Buffer.alloc(18, 1), undefined],
  ])("watts %s", (_what, code, data, expected) => {
    expect(decodeDcmiPower({ code, data })).toBe(expected);
  });
});

describe("chassis", () => {
  test.each([
    ["on, policy on", [0x41, 0, 0x40], { on: true, fault: false, identify: false, intrusion: false, restorePolicy: "on" }],
    ["off, policy off", [0x00, 0, 0x50], { on: false, fault: false, identify: true, intrusion: false, restorePolicy: "off" }],
    ["power fault", [0x28, 0, 0], { on: false, fault: true, identify: undefined, intrusion: false, restorePolicy: "previous" }],
    ["fan fault, open", [0x61, 0, 0x09], { on: true, fault: true, identify: undefined, intrusion: true, restorePolicy: undefined }],
  ])("%s", (_what, data, expected) => {
    const status = decodeChassisStatus(Buffer.from(data));
    expect(status).toEqual(expected);
    expect(chassisReadings(status).some(({ value }) => value === undefined)).toBe(false);
  });
});

describe("parts", () => {
  const sensor = (name: string, number: number, change: Partial<AnalogSensor> = {}): AnalogSensor => ({
    name,
    number,
    owner: 0x20,
    lun: 0,
    entity: `3.${number}`,
    format: 0,
    unit: 1,
    linearization: 0,
    factors: { m: 1, b: 0, bExponent: 0, rExponent: 0 },
    ...change,
  });
  const ids = (sensors: readonly AnalogSensor[]): readonly string[] => sensorParts(sensors, "all").map(({ id }) => id);
  test("are named after their sensors", () => {
    expect(ids([sensor("CPU1 Temp", 1), sensor("+3.3V", 2, { unit: 4 }), sensor("Ümläut", 3), sensor("", 4)])).toEqual([
      "sensor/cpu1-temp",
      "sensor/3.3v",
      "sensor/umlaut",
      "sensor/n4",
    ]);
  });
  test("of one name get their numbers, whatever their order", () => {
    const three = [sensor("Temp", 1), sensor("Temp", 2), sensor("temp ", 3, { unit: 18 })];
    expect(ids(three)).toEqual(["sensor/temp-n1", "sensor/temp-n2", "sensor/temp-n3"]);
    expect([...ids(three.toReversed())].toReversed()).toEqual(ids(three));
  });
  test("whose names look like another's number are told apart", () => {
    const found = ids([sensor("Temp", 1), sensor("Temp", 2), sensor("Temp n1", 3), sensor("", 4), sensor("n4", 5)]);
    expect(new Set(found).size).toBe(5);
  });
  test("are unique and valid for whatever names a BMC has", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 16 }), { maxLength: 40 }), (names) => {
        const found = ids(names.map((name, index) => sensor(name, index)));
        expect(new Set(found).size).toBe(names.length);
        for (const id of found) expect(id).toMatch(partPattern);
      }),
    );
  });
  test("of other controllers, or without a quantity, are left out", () => {
    expect(ids([sensor("ME", 1, { owner: 0x2c }), sensor("Airflow", 2, { unit: 17 })])).toEqual([]);
  });
  test("degrees of Fahrenheit and Kelvin become ours", () => {
    const convert = (unit: number, value: number): number | undefined => sensorParts([sensor("T", 1, { unit })], undefined)[0]?.convert(value);
    expect([convert(1, 21), convert(2, 212), convert(3, 300)]).toEqual([21, 100, 26.9]);
  });
  test("slugs", () => {
    expect(["12V", "-12V", "PS1 Input Power", "..", "Fan_1"].map(slug)).toEqual(["12v", "12v", "ps1-input-power", "", "fan-1"]);
  });
});

test("records come out of the cache as they went in, and under another stamp not at all", () => {
  const kept = new Map<string, Uint8Array>();
  const cache = { get: (key: string) => kept.get(key), set: (key: string, value: Uint8Array) => void kept.set(key, value) };
  const walk = { records: [record(), record({}, "Other")], next: 7 };
  saveWalk(cache, Buffer.from("stamp"), walk);
  expect(recallWalk(cache, Buffer.from("stamp"))).toEqual(walk);
  expect(recallWalk(cache, Buffer.from("other"))).toEqual({ records: [], next: 0 });
  fc.assert(
    fc.property(bytes({ maxLength: 80 }), (noise) => {
      kept.set("sdr", noise);
      expect(Array.isArray(recallWalk(cache, Buffer.from("stamp")).records)).toBe(true);
    }),
  );
});

test("the device's id and firmware", () => {
  const identity = decodeDeviceIdentity({ code: 0, data: Buffer.from([0x20, 1, 0x82, 0x45, 2, 0xbf, 0xa2, 2, 0, 0, 1, 9, 9, 9, 9]) });
  expect(identity).toMatchObject({ maker: 674, firmware: "2.45", hasRepository: true });
});

describe("ipmitool's output", () => {
  const status = "System Power         : on\nPower Overload       : false\nMain Power Fault     : true\nPower Restore Policy : previous\n";
  test("chassis", () => {
    expect(chassisOf(status).map(({ point, value }) => [point, value])).toEqual([
      ["chassis.on", true],
      ["chassis.fault", true],
      ["chassis.restorePolicy", "previous"],
    ]);
    expect(() => chassisOf("nonsense")).toThrow(/does not say/);
  });
  test("watts", () => {
    const text = (watts: number, state: string): string =>
      `    Instantaneous power reading:                   ${watts} Watts\n    Power reading state is:                   ${state}\n`;
    expect([wattsOf(text(187, "activated")), wattsOf(text(0, "activated")), wattsOf(text(0, "deactivated")), wattsOf("")]).toEqual([
      187,
      0,
      undefined,
      undefined,
    ]);
  });
  test("sensors", () => {
    const found = sensorsOf("CPU Temp,42,degrees C,ok\nFAN1,0,RPM,cr\nFAN2,,RPM,ns\nTemp,1,degrees C,ok\nTemp,2,degrees C,ok\nBad,0x01,discrete,ok\n");
    expect(found.map(({ part, reading }) => [part.id, reading?.value])).toEqual([
      ["sensor/cpu-temp", 42],
      ["sensor/fan1", 0],
      ["sensor/fan2", undefined],
      ["sensor/temp", 1],
      ["sensor/temp-2", 2],
    ]);
  });
});
