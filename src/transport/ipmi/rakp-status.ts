import { Fault, type FaultKind } from "#domain/fault.ts";

/**
 * Refusals of the handshake (IPMI 2.0, table 13-15).
 * `suite` marks those that mean "not with these algorithms": disabled suites come back as 0Ah or 12h too (FreeIPMI's bug list: Supermicro X8DTG, MSI).
 */
const meanings: Readonly<Record<number, readonly [FaultKind, string]>> = {
  0x01: ["busy", "The BMC has no free session; another program may hold them"],
  0x04: ["denied", "The BMC does not take this authentication algorithm"],
  0x05: ["denied", "The BMC does not take this integrity algorithm"],
  0x09: ["denied", "The BMC does not give this user the privilege level asked for"],
  0x0a: ["denied", "The BMC does not give this user the privilege level asked for"],
  0x0b: ["busy", "The BMC has no free session at this privilege level"],
  0x0c: ["denied", "The BMC does not take a user name of this length"],
  0x0d: ["denied", "The BMC does not know this user, or refuses it here"],
  0x0e: ["denied", "The BMC refuses this session"],
  0x0f: ["denied", "The BMC refuses the password or the key K_g"],
  0x10: ["denied", "The BMC does not take this encryption"],
  0x11: ["denied", "The BMC takes none of the cipher suites asked for"],
  0x12: ["denied", "The BMC does not take the parameters of the session"],
};
const suiteRefusals: ReadonlySet<number> = new Set([0x04, 0x05, 0x0a, 0x10, 0x11, 0x12]);
/** The BMC has forgotten the session being opened: the handshake begins anew. */
const forgotten: ReadonlySet<number> = new Set([0x02, 0x08]);

export const refusesSuite = (status: number): boolean => suiteRefusals.has(status);
export const hasForgotten = (status: number): boolean => forgotten.has(status);

export const statusFault = (status: number): Fault => {
  const [kind, sentence] = meanings[status] ?? ["rejected", "The BMC refuses to open a session"];
  return new Fault(kind, `${sentence} (RMCP+ status ${status.toString(16).padStart(2, "0")}h)`);
};
