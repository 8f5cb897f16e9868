import { Fault, type FaultKind } from "#domain/fault.ts";
import type { IpmiAnswer } from "./ipmi-message.ts";

/** Generic completion codes (IPMI 2.0, table 5-2). Those not named here mean that the BMC will not do it: rejected. */
const meanings: Readonly<Record<number, readonly [FaultKind, string]>> = {
  0xc0: ["busy", "is busy"],
  0xc1: ["unsupported", "does not know this command"],
  0xc2: ["unsupported", "does not know this command for this unit"],
  0xc3: ["timeout", "could not get it done in time"],
  0xc4: ["busy", "is out of space"],
  0xc9: ["rejected", "says a number is out of range"],
  0xcb: ["unsupported", "does not have the sensor or the data asked for"],
  0xcc: ["rejected", "does not accept this value"],
  0xcd: ["unsupported", "does not have this command for this sensor"],
  0xce: ["busy", "cannot answer now"],
  0xd0: ["busy", "is updating its sensor records"],
  0xd1: ["busy", "is updating its firmware"],
  0xd2: ["busy", "is starting"],
  0xd4: ["denied", "does not allow this at the user's privilege level"],
  0xd5: ["rejected", "cannot do this in its present state"],
  0xd6: ["rejected", "has this command switched off"],
};

export const nodeBusy = 0xc0;
export const reservationLost = 0xc5;

/** One sentence and a kind for a completion code other than 0. */
export const completionFault = (code: number, doing: string): Fault => {
  const [kind, says] = meanings[code] ?? ["rejected", "refuses"];
  return new Fault(kind, `The BMC ${says} (${doing}, completion code ${code.toString(16).padStart(2, "0")}h)`);
};

/** The data of an accepted request of at least `length` bytes; else a fault that says what we were `doing`. */
export const acceptedData = ({ code, data }: IpmiAnswer, doing: string, length = 0): Buffer => {
  if (code !== 0) throw completionFault(code, doing);
  if (data.length < length) throw new Fault("malformed", `The BMC's answer is too short (${doing}: ${data.length} bytes of ${length})`);
  return data;
};
