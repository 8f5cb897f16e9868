import type { CommandName, PointName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { Reading } from "#domain/device.ts";
import { isFault, type Fault } from "#domain/fault.ts";
import type { Driver, Session } from "#driver/contract.ts";
import { createIpmiDriver } from "#driver/ipmi/ipmi-driver.ts";
import type { IpmiOptions } from "#driver/ipmi/option.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";

/** Long enough for what these tests do, short enough to end a hanging one. */
export const patience = (ms = 30_000): AbortSignal => AbortSignal.timeout(ms);

export type Cache = Map<string, Uint8Array>;

/** Opens a session of the real driver, with the login of `startIpmiSim` unless told otherwise. */
export const openBmc = (
  options: { readonly port: number } & Readonly<Record<string, unknown>>,
  driver: Driver<IpmiOptions> = createIpmiDriver(systemClock),
  cache: Cache = new Map(),
): Promise<Session> =>
  driver.open(
    driver.options.parse({ host: "127.0.0.1", username: "ADMIN", password: "ADMIN", ...options }),
    { device: "bmc", log: createLog("error"), cache: { get: (key) => cache.get(key), set: (key, value) => void cache.set(key, value) } },
    patience(),
  );

/** One point's value now. */
export const valueOf = async (session: Session, part: string, point: PointName): Promise<Reading["value"] | undefined> =>
  (await session.read([{ part, point }], patience())).find((reading) => reading.part === part && reading.point === point)?.value;

export const isOn = (session: Session): Promise<Reading["value"] | undefined> => valueOf(session, "chassis", "chassis.on");

export const give = async (session: Session, name: CommandName): Promise<void> => {
  const command: Command = { device: "bmc", part: "chassis", name, by: { via: "engine", why: "test" } };
  await session.execute?.(command, patience());
};

/** The fault that some work ends with. */
export const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
  try {
    await work;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error("no fault came");
};
