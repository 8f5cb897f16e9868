import { expect, test } from "vitest";
import { recordLines } from "#cli/record-line.ts";
import { valueTypes } from "#transport/snmp/varbind.ts";

const text = (oid: string, value: string | Buffer): { oid: string; type: number; value: Buffer } => ({ oid, type: valueTypes.text, value: Buffer.from(value) });

test("each type in snmpsim's spelling", () => {
  const lines = recordLines(
    [
      { oid: "1.3.1", type: valueTypes.integer, value: -5 },
      { oid: "1.3.2", type: valueTypes.gauge, value: 4294967295 },
      { oid: "1.3.3", type: valueTypes.ticks, value: 12 },
      { oid: "1.3.4", type: valueTypes.oid, value: "1.3.6" },
      { oid: "1.3.5", type: valueTypes.counter64, value: Buffer.from("00ffffffffffffffff", "hex") },
      { oid: "1.3.6", type: valueTypes.address, value: "192.0.2.1" },
      text("1.3.7", "Outlet 1"),
      text("1.3.8", Buffer.from("07e6", "hex")),
      text("1.3.9", ""),
    ],
    [],
    [],
  );
  expect(lines).toEqual([
    "1.3.1|2|-5",
    "1.3.2|66|4294967295",
    "1.3.3|67|12",
    "1.3.4|6|1.3.6",
    "1.3.5|70|18446744073709551615",
    "1.3.6|64|0.0.0.0",
    "1.3.7|4|Outlet 1",
    "1.3.8|4x|07e6",
    "1.3.9|4|",
  ]);
});

test("what tells whose it is goes: serials, hardware addresses, contact, name, place, and hidden texts", () => {
  const lines = recordLines(
    [
      text("1.3.6.1.2.1.1.1.0", "APC Card (MN:AP9537 SN: 5A1227E00234 MD:05/01/2020)"),
      text("1.3.6.1.2.1.1.4.0", "me@example.org"),
      text("1.3.6.1.2.1.1.5.0", "pdu.example.org"),
      text("1.3.6.1.2.1.1.6.0", "Cellar"),
      text("1.3.6.1.2.1.2.2.1.6.1", Buffer.from("00c0b7010203", "hex")),
      text("1.3.6.1.4.1.1.0", "ZA1227012345"),
      text("1.3.6.1.4.1.2.0", "AP8959EU3"),
      text("1.3.6.1.4.1.3.0", "v7.1.4"),
      text("1.3.6.1.4.1.4.0", Buffer.from("00c0b7010283", "hex")),
      text("1.3.6.1.4.1.5.0", "ab-12"),
      text("1.3.6.1.4.1.6.0", "unit ab-12 of hush"),
    ],
    ["hush"],
    ["1.3.6.1.4.1.5.0"],
  );
  expect(lines).toEqual([
    "1.3.6.1.2.1.1.1.0|4|APC Card (MN:AP9537 SN: 0X0000X00000 MD:05/01/2020)",
    "1.3.6.1.4.1.1.0|4|XX0000000000",
    "1.3.6.1.4.1.2.0|4|AP8959EU3",
    "1.3.6.1.4.1.3.0|4|v7.1.4",
    "1.3.6.1.4.1.4.0|4x|000000000000",
    "1.3.6.1.4.1.5.0|4|XX-00",
    "1.3.6.1.4.1.6.0|4|unit XX-00 of XXXX",
  ]);
});
