import { pointSpec } from "#domain/capability.ts";
import type { Description } from "#domain/device.ts";
import { Fault, isFault, type FaultKind } from "#domain/fault.ts";
import { goodValue } from "#store/read.ts";
import { backoff } from "./backoff.ts";
import type { Device, DeviceServices } from "./device.ts";
import { faultPolicy } from "./fault-policy.ts";
import { nextPoll, phaseOf, planPolls, slowInterval, type PollPlan } from "./polling.ts";

/** A point that was not answered for so many of its intervals is stale. */
const staleAfter = 3;

const asFault = (error: unknown): Fault =>
  isFault(error) ? error : new Fault("malformed", error instanceof Error ? error.message : String(error), { cause: error });

/**
 * The life of one device: connect, describe, poll until the connection is lost, wait, again. Ends when the signal is aborted. What a
 * person should know is said once: when the device is lost, and when it is back.
 */
export const runDevice = async (device: Device, services: DeviceServices): Promise<void> => {
  const log = services.log.child(device.id);
  const signal = device.life;
  let lostAt: number | undefined;
  const said = new Set<FaultKind>();
  let attempt = 0;
  while (!signal.aborted) {
    let fault: Fault;
    try {
      const plan = await connect(device, services, signal);
      greet(device, lostAt, services);
      lostAt = undefined;
      said.clear();
      attempt = 0;
      services.present(device.id);
      fault = await poll(device, plan, services, signal);
    } catch (error) {
      fault = asFault(error);
    }
    if (!isFault(fault) || fault.cause !== undefined) log.debug("connection ended", fault);
    await device.disconnect(fault);
    if (signal.aborted) break;
    lostAt ??= services.clock.monotonic();
    // Once per kind of trouble: from "no answer" to "wrong password" is news, the tenth "no answer" is not. Silence and refused connections take turns.
    const trouble = fault.kind === "timeout" ? "unreachable" : fault.kind;
    if (!said.has(trouble)) log.warn(`${fault.message}; trying again`);
    said.add(trouble);
    lose(device, fault, services);
    await device.rest(backoff(fault.kind, attempt++, Math.random()), signal).catch(() => undefined);
  }
};

const greet = (device: Device, lostAt: number | undefined, { clock, log, store }: DeviceServices): void => {
  const { manufacturer, model, parts = [] } = store.device(device.id)?.description ?? {};
  const what = [manufacturer, model].filter((word) => word !== undefined).join(" ") || "a device without a name";
  log
    .child(device.id)
    .info(lostAt === undefined ? `connected: ${what}, ${parts.length} parts` : `back after ${Math.round((clock.monotonic() - lostAt) / 1000)} s: ${what}`);
};

/** Tells what the device is made of, and reads all of it. */
const learn = async (device: Device, description: Description, services: DeviceServices, signal: AbortSignal): Promise<PollPlan> => {
  const described = services.describe(device.id, description);
  services.store.describe(device.id, described);
  const plan = planPolls(described);
  await device.read(plan.all, "poll", signal);
  return plan;
};

const connect = async (device: Device, services: DeviceServices, signal: AbortSignal): Promise<PollPlan> => {
  const { store, clock } = services;
  const plan = await learn(device, await device.connect(signal), services, signal);
  store.connect(device.id, { state: "online", since: clock.now() });
  device.listen();
  return plan;
};

const lose = (device: Device, fault: Fault, { store, clock, intake }: DeviceServices): void => {
  intake.lose(device.id);
  const before = store.device(device.id)?.connection;
  const away = before?.state === "offline";
  // The tenth "no answer" is no news to anybody.
  if (away && before.fault === fault.kind && before.detail === fault.message) return;
  store.connect(device.id, { state: "offline", since: away ? before.since : clock.now(), fault: fault.kind, detail: fault.message });
  store.expire(device.id, Number.POSITIVE_INFINITY);
};

/** Seconds between polls while a UPS is on battery, where minutes count and drivers change fast. */
const onBatteryInterval = 2;
const onBattery = (device: Device, { store }: DeviceServices): boolean => goodValue(store.device(device.id)?.parts.get("ups"), "ups.onBattery") === true;

/** Polls until a fault ends the session, and returns that fault. */
const poll = async (device: Device, first: PollPlan, services: DeviceServices, signal: AbortSignal): Promise<Fault> => {
  const { clock } = services;
  const log = services.log.child(device.id);
  const phase = phaseOf(device.entry.driver.endpoint(device.entry.options));
  let plan = first;
  let slowDue = clock.monotonic() + slowInterval(device.settings.interval) * 1000;
  let troubled = false;
  for (;;) {
    const usual = device.settings.interval;
    // A snapshot of a large PDU at every poll would cost more than the poll.
    const hasBattery = plan.live.some(({ point }) => point === "ups.onBattery");
    const interval = (hasBattery && onBattery(device, services) ? Math.min(usual, onBatteryInterval) : usual) * 1000;
    const now = clock.monotonic();
    await device.rest(nextPoll(now, interval, phase) - now, signal);
    const slow = clock.monotonic() >= slowDue;
    if (slow) slowDue = clock.monotonic() + slowInterval(device.settings.interval) * 1000;
    const wanted = slow ? plan.liveAndSlow : plan.live;
    try {
      const readings = await device.read(wanted, "poll", signal);
      if (readings.length < wanted.length) expire(device, services);
      troubled = false;
      if (slow) services.present(device.id);
      if (device.outdated) plan = await learn(device, await device.describe(signal), services, signal);
    } catch (error) {
      const fault = asFault(error);
      if (faultPolicy[fault.kind].endsSession) return fault;
      if (!troubled) log.warn(`${fault.message}; its values wait for a good answer`);
      troubled = true;
      expire(device, services);
    }
  }
};

const expire = (device: Device, { store, clock }: DeviceServices): void => {
  const now = clock.monotonic();
  const { interval } = device.settings;
  store.expire(device.id, now - staleAfter * interval * 1000, (_part, point) => pointSpec(point).pace === "live");
  store.expire(device.id, now - staleAfter * slowInterval(interval) * 1000, (_part, point) => pointSpec(point).pace !== "once");
};
