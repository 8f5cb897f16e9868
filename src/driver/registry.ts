import type { Clock } from "#platform/clock.ts";
import type { CoreAddress } from "#transport/homeassistant/core-connection.ts";
import type { Driver } from "./contract.ts";
import { createApcupsdDriver } from "./apcupsd/apcupsd-driver.ts";
import { createHomeAssistantDriver } from "./home-assistant/home-assistant-driver.ts";
import { createIpmiDriver } from "./ipmi/ipmi-driver.ts";
import { createNutDriver } from "./nut/nut-driver.ts";
import { createPwrstatDriver } from "./pwrstat/pwrstat-driver.ts";
import { createSnmpDriver } from "./profile/snmp-driver.ts";

/** Every driver there is, by the name it has in the configuration. Only this file lists them. `core`: the Supervisor's way to Home Assistant, in an add-on. */
export const createDrivers = (clock: Clock, core?: CoreAddress): ReadonlyMap<string, Driver<never>> => {
  const drivers = [
    createNutDriver(clock),
    createApcupsdDriver(clock),
    createSnmpDriver(clock),
    createIpmiDriver(clock),
    createPwrstatDriver(),
    createHomeAssistantDriver(clock, core),
  ];
  return new Map(drivers.map((driver) => [driver.name, driver as Driver<never>]));
};
