import type { Clock } from "#platform/clock.ts";
import type { Driver } from "./contract.ts";
import { createIpmiDriver } from "./ipmi/ipmi-driver.ts";
import { createNutDriver } from "./nut/nut-driver.ts";
import { createSnmpDriver } from "./profile/snmp-driver.ts";

/** Every driver there is, by the name it has in the configuration. Only this file lists them. */
export const createDrivers = (clock: Clock): ReadonlyMap<string, Driver<never>> => {
  const drivers = [createNutDriver(clock), createSnmpDriver(clock), createIpmiDriver(clock)];
  return new Map(drivers.map((driver) => [driver.name, driver as Driver<never>]));
};
