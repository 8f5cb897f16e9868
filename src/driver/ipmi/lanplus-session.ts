import type { Command } from "#domain/command.ts";
import { type Description, reading, type Reading, type Wanted } from "#domain/device.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { Context, Session } from "#driver/contract.ts";
import type { BmcConnection } from "#transport/ipmi/bmc-connection.ts";
import { acceptedData } from "#transport/ipmi/completion-code.ts";
import type { IpmiRequest } from "#transport/ipmi/ipmi-message.ts";
import { chassisReadings, chassisRequests, readChassisStatus } from "./chassis-status.ts";
import { describeBmc, eventLogInfo, type Inventory } from "./describe-bmc.ts";
import type { IpmiOptions } from "./option.ts";
import { readSensor } from "./sensor-reading.ts";

/** Reads some of what is wanted; what has no value now is left out. */
type Step = (signal: AbortSignal) => Promise<readonly Reading[]>;

/** A session with a BMC over our own client. */
export class LanplusSession implements Session {
  readonly #bmc: BmcConnection;
  readonly #options: IpmiOptions;
  readonly #context: Context;
  #inventory: Inventory | undefined;
  #plan: { readonly wanted: readonly Wanted[]; readonly steps: readonly Step[] } | undefined;

  constructor(bmc: BmcConnection, options: IpmiOptions, context: Context) {
    this.#bmc = bmc;
    this.#options = options;
    this.#context = context;
  }

  async describe(signal: AbortSignal): Promise<Description> {
    this.#inventory = await describeBmc(this.#bmc, this.#options, this.#context, signal);
    this.#plan = undefined;
    return this.#inventory.description;
  }

  async read(wanted: readonly Wanted[], signal: AbortSignal): Promise<readonly Reading[]> {
    if (this.#plan?.wanted !== wanted) this.#plan = { wanted, steps: this.#steps(wanted) };
    const readings: Reading[] = [];
    for (const step of this.#plan.steps) readings.push(...(await step(signal)));
    return readings;
  }

  async execute(command: Command, signal: AbortSignal): Promise<void> {
    const request = await this.#requestFor(command, signal);
    await this.#bmc.ready(signal);
    try {
      acceptedData(await this.#bmc.once(request, signal), command.name);
    } catch (error) {
      throw isFault(error) ? afterWrite(error) : error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bmc[Symbol.asyncDispose]();
  }

  /**
   * A machine that is off is switched on where a cycle is asked for: IPMI wants nothing to happen then (IPMI 2.0, 28.3, action 2h), and
   * BMCs differ. Who asks for a cycle wants the machine freshly started at the end, and cannot know that somebody switched it off before.
   */
  async #requestFor({ name, part }: Command, signal: AbortSignal): Promise<IpmiRequest> {
    const request = chassisRequests[name];
    const on = chassisRequests["chassis.on"];
    if (part !== "chassis" || !request || !on) throw new Fault("unsupported", `A BMC has no command ${name} for ${part}`);
    if (name !== "chassis.cycle") return request;
    return (await readChassisStatus(this.#bmc, signal)).on ? request : on;
  }

  #steps(wanted: readonly Wanted[]): readonly Step[] {
    const asked = (part: string, point: string): boolean => wanted.some((one) => one.part === part && one.point === point);
    const steps: Step[] = [];
    if (wanted.some(({ part, point }) => part === "chassis" && point.startsWith("chassis.") && point !== "chassis.eventLogEntries")) {
      steps.push(async (signal) => chassisReadings(await readChassisStatus(this.#bmc, signal)).filter(({ part, point }) => asked(part, point)));
    }
    const power = this.#inventory?.power;
    if (power && asked("chassis", "meter.power")) {
      steps.push(async (signal) => this.#number("chassis", "meter.power", await power.read(signal)));
    }
    if (asked("chassis", "chassis.eventLogEntries")) {
      steps.push(async (signal) => {
        const { code, data } = await this.#bmc.ask(eventLogInfo, signal);
        return this.#number("chassis", "chassis.eventLogEntries", code === 0 && data.length >= 3 ? data.readUInt16LE(1) : undefined);
      });
    }
    for (const { id, point, sensor, convert } of this.#inventory?.sensors ?? []) {
      if (!asked(id, point)) continue;
      steps.push(async (signal) => {
        const value = await readSensor(this.#bmc, sensor, signal);
        return this.#number(id, point, value === undefined ? undefined : convert(value));
      });
    }
    return steps;
  }

  #number(part: string, point: Reading["point"], value: number | undefined): readonly Reading[] {
    return value === undefined ? [] : [reading(part, point, value)];
  }
}
