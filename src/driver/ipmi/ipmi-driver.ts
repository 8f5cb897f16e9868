import type { Driver } from "#driver/contract.ts";
import type { Clock } from "#platform/clock.ts";
import { connectBmc } from "#transport/ipmi/bmc-connection.ts";
import { createBmcHub } from "#transport/ipmi/bmc-hub.ts";
import { openIpmitool, type ToolProgram } from "#transport/ipmi/ipmitool.ts";
import { IpmitoolSession } from "./ipmitool-session.ts";
import { LanplusSession } from "./lanplus-session.ts";
import { ipmiOptions, type IpmiOptions, keyBytes, privilegeLevels } from "./option.ts";

/**
 * Servers with a BMC that speaks IPMI 2.0 (RMCP+). All of them share one UDP socket, each has one session and one request in flight.
 * `tool` is the ipmitool to use for those that want it; without it the one that is installed.
 */
export const createIpmiDriver = (clock: Clock, tool?: ToolProgram): Driver<IpmiOptions> => {
  const hub = createBmcHub();
  return {
    name: "ipmi",
    options: ipmiOptions,
    endpoint: ({ host, port }) => `${host.toLowerCase()}:${port}`,
    parallel: 1,
    open: async (options, context, signal) => {
      const { host, port, suites, username, password, key, privilege } = options;
      const login = {
        username,
        password: Buffer.from(password.reveal(), "utf8"),
        bmcKey: key && keyBytes(key.reveal()),
        privilege: privilegeLevels[privilege],
      };
      if (options.interface === "ipmitool")
        return new IpmitoolSession(await openIpmitool({ host, port, suites, login, ...(tool && { program: tool }) }, signal), options);
      return new LanplusSession(await connectBmc(hub, clock, { host, port, suites, login }, signal), options, context);
    },
  };
};
