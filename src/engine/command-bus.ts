import { capabilityOf } from "#domain/capability.ts";
import { describeOrigin, type Command, type Origin } from "#domain/command.ts";
import type { DeviceId, PartDescription, PartId, PartSettings, Reading } from "#domain/device.ts";
import { Fault, isFault, type FaultKind } from "#domain/fault.ts";
import type { Outcome, Refusal } from "#domain/outcome.ts";
import type { Clock } from "#platform/clock.ts";
import type { Log } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";
import type { Audit } from "./audit.ts";
import type { Bus, Running, Submission } from "./bus.ts";
import type { ComposedCycles } from "./composed-cycle.ts";
import type { Confirmations } from "./confirmation.ts";
import type { Debts } from "./debt.ts";
import type { Device } from "./device.ts";
import { fitValue } from "./fit-value.ts";
import { interlock } from "./interlock.ts";
import type { Labels } from "./label.ts";
import { alreadySo, labelIn, pendingIn, switchOnce, watched, type Judgement } from "./switching.ts";

export interface BusServices {
  readonly store: StoreReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly debts: Debts;
  readonly labels: Labels;
  readonly cycles: ComposedCycles;
  readonly confirmations: Confirmations;
  device(id: DeviceId): Device | undefined;
  /** Milliseconds that an outlet stays off in a cycle of ours, so that power supplies run dry. */
  readonly dwell: number;
}

/** A command may wait so long behind another one of the same part; later it would surprise whoever gave it. */
const patience = 30_000;

const refused = (refusal: Refusal, detail: string, confirm?: string): Judgement => ({
  verdict: { state: "refused", refusal, ...(confirm !== undefined && { confirm }) },
  detail,
  writes: 0,
});
const failed = (fault: FaultKind, detail: string): Judgement => ({ verdict: { state: "failed", fault }, detail, writes: 0 });

/** `command`: as it was asked, with its value in the type that the part takes. */
interface Target {
  readonly device: Device;
  readonly part: PartDescription;
  readonly command: Command;
}
/** A command that pays a debt of ours passes the locks, which somebody passed before, when the debt was made. `debt`: its id. */
interface Task {
  readonly id: string;
  readonly command: Command;
  readonly debt: string | undefined;
}
/** So long before running commands are cut off, pauses end: an outlet that is off in a cycle is switched on and looked at before the program goes. */
const lastHalf = 2000;

export class CommandBus implements Bus {
  readonly #services: BusServices;
  readonly #running = new Map<string, Running & Submission>();
  readonly #listeners = new Set<(outcome: Outcome) => void>();
  /** The last command of each part; the next one waits for it. */
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #life = new AbortController();
  /** Ends the pauses of cycles. */
  readonly #haste = new AbortController();
  /** What a command runs under: the bus and its device. One signal for each device, as a new one costs every read a new one too. */
  readonly #lives = new WeakMap<Device, AbortSignal>();
  /** Debts that have been named in the log, and whether they are being paid now. */
  readonly #named = new Map<string, boolean>();
  #stopping = false;

  constructor(services: BusServices) {
    this.#services = services;
  }

  submit(command: Command): Submission {
    return this.#enter(command, undefined);
  }

  refuse(command: Command, refusal: Refusal, detail: string): Outcome {
    return this.#end({ id: crypto.randomUUID(), command, debt: undefined }, this.#services.clock.now(), refused(refusal, detail));
  }

  async acceptLabel(id: DeviceId, partId: PartId, label: string, by: Origin): Promise<void> {
    const { store, labels, log } = this.#services;
    const device = this.#services.device(id);
    const part = store.device(id)?.parts.get(partId)?.description;
    if (!device || !part?.points.includes("outlet.label")) throw new Fault("unsupported", `${id} ${partId} has no name of its own`);
    const now = labelIn(await device.read([{ part: partId, point: "outlet.label" }], "verify", this.#life.signal), partId);
    if (now !== label) throw new Fault("rejected", `${id} ${partId} is called ${now === undefined ? "nothing" : `"${now}"`} at this moment, not "${label}"`);
    log.info(`${id} ${partId}: the name "${label}" was accepted by ${describeOrigin(by)}`);
    labels.accept(id, partId, label);
  }

  running(): readonly Running[] {
    return [...this.#running.values()].map(({ id, command, askedAt }) => ({ id, command, askedAt }));
  }

  outcomes(filter: Parameters<Bus["outcomes"]>[0]): readonly Outcome[] {
    return this.#services.audit.outcomes(filter);
  }

  outcome(id: string): Outcome | undefined {
    return this.#services.audit.outcome(id);
  }

  subscribe(listener: (outcome: Outcome) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Pays what is owed to a device that is there. The debt is settled when the outlet is seen on; until then this is called again. */
  resume(id: DeviceId): void {
    const { debts, log } = this.#services;
    for (const debt of debts.of(id)) {
      if (this.#running.has(debt.id) || this.#named.get(debt.id) === true) continue;
      if (!this.#named.has(debt.id)) log.warn(`${id} ${debt.part}: a cycle was cut off before its second half; switching it on now`);
      const by: Origin = { via: "engine", why: "the second half of a cycle that was cut off" };
      this.#named.set(debt.id, true);
      void this.#enter({ device: id, part: debt.part, name: "outlet.on", by }, debt.id).outcome.then(() => this.#named.set(debt.id, false));
    }
  }

  /** Refuses what comes from now on, and waits for what runs; after `grace` milliseconds it is cut off. */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    const cut = (): void => this.#life.abort(new Fault("unreachable", "Rack Power is stopping"));
    const rest = this.#services.clock.after(grace, cut);
    using _hurry = this.#services.clock.after(Math.max(0, grace - lastHalf), () => this.#haste.abort());
    await Promise.all([...this.#running.values()].map(({ outcome }) => outcome));
    rest[Symbol.dispose]();
    cut();
  }

  #enter(command: Command, debt: string | undefined): Submission {
    const { clock } = this.#services;
    const task: Task = { id: crypto.randomUUID(), command, debt };
    const askedAt = clock.now();
    const key = `${command.device} ${command.part}`;
    const arrived = clock.monotonic();
    const turn = async (): Promise<Judgement> => {
      if (clock.monotonic() - arrived > patience) return refused("late", `it waited more than ${patience / 1000} s behind another command for the same part`);
      return this.#judge(task);
    };
    const before = this.#tails.get(key);
    const outcome = (before ? before.then(turn) : turn()).then((judged) => {
      this.#running.delete(task.id);
      if (this.#tails.get(key) === outcome) this.#tails.delete(key);
      return this.#end(task, askedAt, judged);
    });
    this.#tails.set(key, outcome);
    this.#running.set(task.id, { id: task.id, command, askedAt, outcome });
    return { id: task.id, outcome };
  }

  #end({ id, command }: Task, askedAt: number, { verdict, detail, writes }: Judgement): Outcome {
    const { audit, clock, log } = this.#services;
    const outcome: Outcome = { ...verdict, id, command, detail, writes, askedAt, endedAt: clock.now() };
    try {
      audit.write(outcome);
    } catch (error) {
      log.error("the audit log cannot be written", error);
    }
    for (const listener of this.#listeners) {
      try {
        listener(outcome);
      } catch (error) {
        // It is done all the same, and the others want to know.
        log.error("an outcome could not be told", error);
      }
    }
    return outcome;
  }

  async #judge(task: Task): Promise<Judgement> {
    const { command } = task;
    try {
      const target = this.#consider(task);
      const judged = "verdict" in target ? target : await this.#perform(task, target);
      if (judged.verdict.state === "confirmed") this.#settle(command);
      return judged;
    } catch (error) {
      if (isFault(error)) return failed(error.kind, error.message);
      this.#services.log.error(`${command.device} ${command.part} ${command.name} failed in a way that it should have named`, error);
      return { verdict: { state: "unconfirmed", fault: "malformed" }, detail: "an error of Rack Power's own; see its log", writes: 0 };
    }
  }

  /** What can be said without asking the device. */
  #consider({ command, debt }: Task): Judgement | Target {
    if (this.#stopping) return refused("stopping", "Rack Power is stopping");
    if (debt !== undefined && !this.#services.debts.of(command.device).some(({ id }) => id === debt)) return refused("late", "somebody has switched it since");
    const state = this.#services.store.device(command.device);
    if (!state) return refused("not-known", `there is no device ${command.device}`);
    const { connection } = state;
    const because = connection.detail === undefined ? "" : `: ${connection.detail}`;
    if (connection.state === "quarantined") return refused("quarantined", `${command.device} is quarantined${because}`);
    const device = this.#services.device(command.device);
    const silent = failed(connection.fault ?? "unreachable", `${command.device} does not answer${because}`);
    if (!device || !state.description) return silent;
    const part = state.parts.get(command.part)?.description;
    if (!part) return refused("not-known", `${command.device} has no part ${command.part}`);
    if (!part.commands.includes(command.name)) return refused("not-capable", `${command.device} ${command.part} does not take ${command.name}`);
    const fitted = fitValue(command, part);
    if (!fitted.ok) return refused("wrong-value", fitted.detail);
    const told: Command = fitted.value === undefined ? command : { ...command, value: fitted.value };
    const forbidden = debt !== undefined ? undefined : this.#forbid(told, state.settings.parts[command.part]);
    return forbidden ?? (connection.state === "online" ? { device, part, command: told } : silent);
  }

  /** An outlet that has obeyed somebody since is as he wants it: nothing is owed to it any more. */
  #settle({ device, part, name }: Command): void {
    const { debts } = this.#services;
    if (capabilityOf(name) === "outlet") for (const debt of debts.of(device)) if (debt.part === part) debts.settle(debt.id);
  }

  #forbid(command: Command, settings: PartSettings | undefined): Judgement | undefined {
    const { confirmations } = this.#services;
    const forbidden = interlock(command, settings, confirmations.redeem(command));
    return forbidden && refused(forbidden.refusal, forbidden.detail, forbidden.refusal === "confirmation-needed" ? confirmations.issue(command) : undefined);
  }

  async #perform(task: Task, target: Target): Promise<Judgement> {
    const { clock, cycles } = this.#services;
    const { device, part, command } = target;
    const wanted = watched(part, command.name);
    const life = this.#lifeOf(device);
    const before = wanted.length > 0 ? await device.read(wanted, "verify", life) : [];
    const answer = this.#object(target, task.debt, before);
    if (answer) return answer;
    try {
      if (command.name === "outlet.cycle" && cycles.has(command.device, command.part)) return await this.#cycle(task.id, target, before, life);
      return await switchOnce(device, part, command, before, clock, life);
    } finally {
      // What the switching did to watts and load is seen at once, not at the next turn.
      device.wake();
    }
  }

  #lifeOf(device: Device): AbortSignal {
    const known = this.#lives.get(device);
    if (known) return known;
    const life = AbortSignal.any([this.#life.signal, device.life]);
    this.#lives.set(device, life);
    return life;
  }

  /** What the device itself says against the command, or that nothing is to do. */
  #object({ command, part: description }: Target, debt: string | undefined, readings: readonly Reading[]): Judgement | undefined {
    const { device, part } = command;
    const accepted = this.#services.labels.accepted(device, part);
    const label = labelIn(readings, part);
    if (accepted !== undefined && label !== accepted && debt === undefined) {
      const now = label === undefined ? "without a name" : `"${label}"`;
      return refused("label-changed", `${device} ${part} was "${accepted}" and is now ${now}: accept the new name first`);
    }
    if (pendingIn(readings, part)) return refused("pending", `${device} ${part} is about to switch by itself: a delayed command is pending at the device`);
    return alreadySo(command, description, readings) ? { verdict: { state: "confirmed" }, detail: "it was so already", writes: 0 } : undefined;
  }

  /** Off, a pause, and on, as one job. From before the off until the outlet is seen on, the "on" is owed on the disk. */
  async #cycle(id: string, { device, part, command }: Target, before: readonly Reading[], signal: AbortSignal): Promise<Judgement> {
    const { clock, debts, dwell } = this.#services;
    debts.owe({ id, device: command.device, part: command.part });
    const off = await switchOnce(device, part, { ...command, name: "outlet.off" }, before, clock, signal);
    if (off.writes === 0) {
      debts.settle(id);
      return off;
    }
    await clock.sleep(dwell, this.#haste.signal).catch(() => undefined);
    const on = await switchOnce(device, part, { ...command, name: "outlet.on" }, [], clock, signal);
    const writes = off.writes + on.writes;
    if (on.verdict.state !== "confirmed") return { ...on, detail: `off, and not seen on again yet: ${on.detail}`, writes };
    debts.settle(id);
    return {
      verdict: off.verdict,
      detail: off.verdict.state === "confirmed" ? "off and on again" : `on; whether it was off is not known: ${off.detail}`,
      writes,
    };
  }
}
