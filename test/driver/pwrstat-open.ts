import { createPwrstatDriver } from "#driver/pwrstat/pwrstat-driver.ts";
import type { Context, Session } from "#driver/contract.ts";
import type { Reading } from "#domain/device.ts";
import { createLog } from "#platform/log.ts";
import { allPoints, soon } from "#test/peer/nut-open.ts";

const context: Context = { device: "test", log: createLog("error", () => undefined), cache: { get: () => undefined, set: () => undefined } };

export type Way = { readonly socket: string } | { readonly program: string };

/** A session as the engine would open it. */
export const openPwrstat = async (way: Way, driver = createPwrstatDriver()): Promise<Session> => await driver.open(driver.options.parse(way), context, soon());

/** `part point` → value. */
export const valuesOf = (readings: readonly Reading[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(readings.map(({ part, point, value }) => [`${part} ${point}`, value]));

/** All that a session describes and then reads. */
export const everything = async (session: Session): Promise<Readonly<Record<string, unknown>>> =>
  valuesOf(await session.read(allPoints(await session.describe(soon())), soon()));
