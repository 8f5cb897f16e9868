import { commandNames, type CommandName } from "#domain/capability.ts";
import { type Reading } from "#domain/device.ts";
import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import { acceptedData } from "#transport/ipmi/completion-code.ts";
import type { IpmiRequest } from "#transport/ipmi/ipmi-message.ts";
import type { Privilege } from "./option.ts";

/** What Get Chassis Status says (IPMI 2.0, 28.2). What is not known is absent. */
export interface ChassisStatus {
  readonly on: boolean;
  readonly fault: boolean;
  readonly intrusion: boolean;
  readonly identify: boolean | undefined;
  readonly restorePolicy: "off" | "previous" | "on" | undefined;
}

const part = "chassis";

export const decodeChassisStatus = (data: Buffer): ChassisStatus => {
  const [power = 0, , misc = 0] = data;
  return {
    on: (power & 0x01) !== 0,
    // Overload, power fault, power control fault; drive fault, cooling fault.
    fault: (power & 0x1a) !== 0 || (misc & 0x0c) !== 0,
    intrusion: (misc & 0x01) !== 0,
    identify: (misc & 0x40) === 0 ? undefined : (misc & 0x30) !== 0,
    restorePolicy: (["off", "previous", "on"] as const)[(power >> 5) & 0x03],
  };
};

export const readChassisStatus = async (bmc: BmcConnection, signal: AbortSignal): Promise<ChassisStatus> =>
  decodeChassisStatus(acceptedData(await bmc.ask({ netFn: 0x00, command: 0x01 }, signal), "chassis status", 3));

export const chassisReadings = ({ on, fault, intrusion, identify, restorePolicy }: ChassisStatus): readonly Reading[] => [
  { part, point: "chassis.on", value: on },
  { part, point: "chassis.fault", value: fault },
  { part, point: "chassis.intrusion", value: intrusion },
  ...(identify === undefined ? [] : [{ part, point: "chassis.identify", value: identify } as const]),
  ...(restorePolicy === undefined ? [] : [{ part, point: "chassis.restorePolicy", value: restorePolicy } as const]),
];

const control = (action: number): IpmiRequest => ({ netFn: 0x00, command: 0x02, data: Uint8Array.of(action) });
const identifySeconds = 60;

/** Chassis Control and Chassis Identify (IPMI 2.0, 28.3 and 28.5). */
export const chassisRequests: Readonly<Partial<Record<CommandName, IpmiRequest>>> = {
  "chassis.off": control(0),
  "chassis.on": control(1),
  "chassis.cycle": control(2),
  "chassis.reset": control(3),
  "chassis.diag": control(4),
  "chassis.shutdown": control(5),
  "chassis.identify": { netFn: 0x00, command: 0x04, data: Uint8Array.of(identifySeconds) },
};

/** Both take an operator (IPMI 2.0, table G-1). */
export const chassisCommands = (privilege: Privilege): readonly CommandName[] =>
  privilege === "user" ? [] : commandNames.filter((name) => chassisRequests[name] !== undefined);
