import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import type { IpmiAnswer } from "#transport/ipmi/ipmi-message.ts";
import { isWatts } from "./sensor-part.ts";
import type { AnalogSensor } from "./sdr-record.ts";
import { readSensor } from "./sensor-reading.ts";

/** Where the watts of the whole machine come from; undefined when it has no such thing. */
export interface PowerSource {
  /** Undefined when there is no reading now. */
  read(signal: AbortSignal): Promise<number | undefined>;
}

const group = 0xdc;
const powerReading = { netFn: 0x2c, command: 0x02, data: Uint8Array.of(group, 1, 0, 0) } as const;

/** Get Power Reading (DCMI 1.5, 6.6.1). `off` when the BMC says that it measures nothing and shows 0 (openbmc/phosphor-host-ipmid#167). */
export const decodeDcmiPower = ({ code, data }: IpmiAnswer): number | "off" | undefined => {
  if (code !== 0 || data.length < 18 || data[0] !== group) return undefined;
  const watts = data.readUInt16LE(1);
  const active = (data.readUInt8(17) & 0x40) !== 0;
  return watts === 0 && !active ? "off" : watts;
};

/** Sensors that show the machine's power where DCMI does not, by the maker's enterprise number. */
const fallbacks: Readonly<Record<number, RegExp>> = {
  11: /^power meter$/i,
  47196: /^power meter$/i,
  // R710 and its kin have no DCMI: ateodorescu/home-assistant-ipmi#27.
  674: /^(pwr consumption|system level)$/i,
  19046: /^sys power$/i,
  343: /^ps.* input power$/i,
  20301: /^avg power$/i,
  5771: /^power_usage$/i,
};

const sumOf = (bmc: BmcConnection, sensors: readonly AnalogSensor[]): PowerSource => ({
  read: async (signal) => {
    let sum: number | undefined;
    for (const sensor of sensors) {
      const watts = await readSensor(bmc, sensor, signal);
      if (watts !== undefined) sum = (sum ?? 0) + watts;
    }
    return sum;
  },
});

const dcmi = (bmc: BmcConnection): PowerSource => ({
  read: async (signal) => {
    const watts = decodeDcmiPower(await bmc.ask(powerReading, signal));
    return watts === "off" ? undefined : watts;
  },
});

/**
 * DCMI when it measures; else the maker's sensors; else DCMI again when it is there and the machine is off, as it may measure later.
 * Some Supermicro boards answer only the second request (thomas-krenn/check_ipmi_sensor_v3#26).
 */
export const findPowerSource = async (
  bmc: BmcConnection,
  { maker, sensors, on }: { readonly maker: number; readonly sensors: readonly AnalogSensor[]; readonly on: boolean },
  signal: AbortSignal,
): Promise<PowerSource | undefined> => {
  let answer = await bmc.ask(powerReading, signal);
  if (answer.code !== 0 && answer.code !== 0xc1) answer = await bmc.ask(powerReading, signal);
  const watts = decodeDcmiPower(answer);
  if (typeof watts === "number") return dcmi(bmc);
  const pattern = fallbacks[maker];
  const others = pattern ? sensors.filter((sensor) => isWatts(sensor) && pattern.test(sensor.name)) : [];
  if (others.length > 0) return sumOf(bmc, others);
  return watts === "off" && !on ? dcmi(bmc) : undefined;
};
