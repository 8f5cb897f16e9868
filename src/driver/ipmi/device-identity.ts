import type { IpmiAnswer } from "#transport/ipmi/ipmi-message.ts";
import { acceptedData } from "#transport/ipmi/completion-code.ts";

/** What Get Device ID says (IPMI 2.0, 20.1). */
export interface DeviceIdentity {
  /** Enterprise number of who made the controller. */
  readonly maker: number;
  readonly firmware: string;
  readonly hasRepository: boolean;
  /** The bytes themselves: whatever changes in them is another controller or another firmware. */
  readonly bytes: Buffer;
}

export const decodeDeviceIdentity = (answer: IpmiAnswer): DeviceIdentity => {
  const bytes = acceptedData(answer, "device id", 11);
  const minor = bytes.readUInt8(3);
  return {
    maker: bytes.readUIntLE(6, 3) & 0xfffff,
    firmware: `${bytes.readUInt8(2) & 0x7f}.${minor.toString(16).padStart(2, "0")}`,
    hasRepository: (bytes.readUInt8(5) & 0x02) !== 0,
    // Bit 7 of the firmware byte says "updating now"; it comes and goes.
    bytes: Buffer.concat([bytes.subarray(0, 2), Buffer.of(bytes.readUInt8(2) & 0x7f), bytes.subarray(3)]),
  };
};

/** Makers by enterprise number, for BMCs whose inventory names none (IANA's registry). */
export const makers: Readonly<Record<number, string>> = {
  2: "IBM",
  11: "HP",
  42: "Oracle",
  343: "Intel",
  674: "Dell",
  5771: "Cisco",
  7154: "Supermicro",
  10368: "Fujitsu",
  10876: "Supermicro",
  15370: "Gigabyte",
  19046: "Lenovo",
  20301: "IBM",
  47196: "HPE",
  47488: "Supermicro",
};
