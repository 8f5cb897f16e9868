import type { CommandName } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import { type Description, reading, type Reading, type Wanted } from "#domain/device.ts";
import { afterWrite, Fault, isFault } from "#domain/fault.ts";
import type { Session } from "#driver/contract.ts";
import type { Ipmitool } from "#transport/ipmi/ipmitool.ts";
import { chassisCommands } from "./chassis-status.ts";
import { chassisOf, fruOf, sensorsOf, type ToolSensor, wattsOf } from "./ipmitool-output.ts";
import type { IpmiOptions } from "./option.ts";
import { isShown } from "./sensor-part.ts";

const verbs: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  "chassis.on": ["chassis", "power", "on"],
  "chassis.shutdown": ["chassis", "power", "soft"],
  "chassis.off": ["chassis", "power", "off"],
  "chassis.cycle": ["chassis", "power", "cycle"],
  "chassis.reset": ["chassis", "power", "reset"],
  "chassis.diag": ["chassis", "power", "diag"],
  "chassis.identify": ["chassis", "identify", "60"],
};

/** What a BMC may lack without being out of order. */
const orNothing = async (answer: Promise<string>): Promise<string> => {
  try {
    return await answer;
  } catch (error) {
    if (isFault(error, "unsupported", "rejected")) return "";
    throw error;
  }
};

/** A session by way of `ipmitool`: one process a question, for BMCs that our own client cannot talk to. Identify shows no state here. */
export class IpmitoolSession implements Session {
  readonly #tool: Ipmitool;
  readonly #options: IpmiOptions;

  constructor(tool: Ipmitool, options: IpmiOptions) {
    this.#tool = tool;
    this.#options = options;
  }

  async describe(signal: AbortSignal): Promise<Description> {
    const chassis = chassisOf(await this.#tool.ask(["chassis", "status"], signal));
    const fru = fruOf(await orNothing(this.#tool.ask(["fru", "print", "0"], signal)));
    const firmware = /Firmware Revision\s*:\s*(\S+)/.exec(await this.#tool.ask(["mc", "info"], signal))?.[1];
    const watts = await this.#watts(signal);
    const points = [...chassis.map(({ point }) => point), ...(watts === undefined ? [] : (["meter.power"] as const))];
    const sensors = await this.#sensors(signal);
    return {
      ...fru,
      ...(firmware !== undefined && { firmware }),
      parts: [{ id: "chassis", points, commands: chassisCommands(this.#options.privilege) }, ...sensors.map(({ part }) => part)],
    };
  }

  async read(wanted: readonly Wanted[], signal: AbortSignal): Promise<readonly Reading[]> {
    const found: Reading[] = [];
    if (wanted.some(({ point }) => point.startsWith("chassis."))) found.push(...chassisOf(await this.#tool.ask(["chassis", "status"], signal)));
    if (wanted.some(({ part, point }) => part === "chassis" && point === "meter.power")) {
      const watts = await this.#watts(signal);
      if (watts !== undefined) found.push(reading("chassis", "meter.power", watts));
    }
    if (wanted.some(({ part }) => part.startsWith("sensor/"))) found.push(...(await this.#sensors(signal)).flatMap((sensor) => sensor.reading ?? []));
    return found.filter(({ part, point }) => wanted.some((one) => one.part === part && one.point === point));
  }

  async execute({ name, part }: Command, signal: AbortSignal): Promise<void> {
    const verb = verbs[name];
    if (part !== "chassis" || !verb) throw new Fault("unsupported", `A BMC has no command ${name} for ${part}`);
    // Asked first for two reasons: a BMC that is away is known before anything is sent, and a machine that is off is switched on where a cycle is asked for.
    const on = chassisOf(await this.#tool.ask(["chassis", "status"], signal)).some(({ point, value }) => point === "chassis.on" && value === true);
    try {
      await this.#tool.once(name === "chassis.cycle" && !on ? ["chassis", "power", "on"] : verb, signal);
    } catch (error) {
      throw isFault(error) ? afterWrite(error) : error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tool[Symbol.asyncDispose]();
  }

  async #watts(signal: AbortSignal): Promise<number | undefined> {
    return wattsOf(await orNothing(this.#tool.ask(["dcmi", "power", "reading"], signal)));
  }

  async #sensors(signal: AbortSignal): Promise<readonly ToolSensor[]> {
    const all = sensorsOf(await orNothing(this.#tool.ask(["-c", "sdr", "list", "full"], signal)));
    return all.filter(({ part }) => part.points.every((point) => isShown(this.#options.sensors, point, part.label ?? "")));
  }
}
