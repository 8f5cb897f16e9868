import { lookup } from "node:dns/promises";
import { Fault } from "#domain/fault.ts";
import type { Peer } from "./bmc-hub.ts";

/** The address of a host; IPv4 first, as many BMCs have a name for both and listen on one. */
export const resolvePeer = async (host: string, port: number): Promise<Peer> => {
  try {
    const { address, family } = await lookup(host, { order: "ipv4first" });
    return { address, port, family: family === 6 ? 6 : 4 };
  } catch (error) {
    throw new Fault("unreachable", `The name ${host} is not known to the network`, { cause: error });
  }
};
