import type { Command } from "#domain/command.ts";
import type { CommandName } from "#domain/capability.ts";
import type { Outcome, Refusal } from "#domain/outcome.ts";
import type { Bus } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import { sha256 } from "#platform/digest.ts";
import type { Log } from "#platform/log.ts";
import { parseCommandPayload } from "./command-payload.ts";
import type { Message, Properties } from "./link.ts";
import type { Topics } from "./topic.ts";

export interface InboxServices {
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly topics: Topics;
  /** A message at QoS 1 that nobody waits for. */
  deliver(topic: string, payload: string, options: { readonly retain: boolean; readonly properties?: Properties }): void;
}

/** How long a message is remembered, to know it when it is delivered again. */
const memory = 300_000;
const remembered = 2000;
/** What is longer is remembered by its digest, which costs more than all else that is done with a short message. */
const longestKey = 200;
/** More refusals than these in `floodSpan` are counted, not written down: each one is a write to the disk. */
const flood = 50;
const floodSpan = 10_000;

/** Without the token that was spent, and without one that was given: whoever reads along must not use it. */
export const publicOutcome = (outcome: Outcome): object => {
  const { confirm: _given, command, ...rest } = outcome as Outcome & { readonly confirm?: string };
  const { confirm: _spent, ...asked } = command;
  return { ...rest, command: asked };
};

/**
 * Commands as they arrive. Nothing old is acted upon: not what the broker kept, not what it delivers again, not what came before it confirmed
 * our subscription. As we connect with a clean start, the broker itself queues nothing for us. What remains is a sender that holds a message
 * back while it has no connection of its own; it can prevent that with QoS 0 or an expiry.
 */
export class CommandInbox {
  readonly #services: InboxServices;
  /** True since the broker has confirmed the subscription. */
  live = false;
  readonly #seen = new Map<string, number>();
  #refusals: number[] = [];
  #suppressed = 0;

  constructor(services: InboxServices) {
    this.#services = services;
  }

  receive(message: Message): void {
    const { topics, bus, deliver } = this.#services;
    const target = topics.parseCommand(message.topic);
    // Empty is what our own clearing looks like when it comes back, and asks for nothing.
    if (!target || message.payload.length === 0) return;
    const asked = parseCommandPayload(message.payload);
    const obsolete = this.#obsolete(message);
    if (message.retained) deliver(message.topic, "", { retain: true });
    const command: Command = {
      ...target,
      // The audit log is to show what was asked for, also when there is no such command.
      name: asked.command ?? (asked.name as CommandName),
      by: { via: "mqtt" },
      ...(asked.value !== undefined && { value: asked.value }),
      ...(asked.reason !== undefined && { reason: asked.reason }),
      ...(asked.confirm !== undefined && { confirm: asked.confirm }),
    };
    if (obsolete) return this.#refuse(command, obsolete, this.#why(obsolete), message);
    if (asked.fault !== undefined) return this.#refuse(command, "not-capable", asked.fault, message);
    bus.submit(command).outcome.then(
      (outcome) => this.#answer(message, outcome),
      (error: unknown) => this.#services.log.error(`${command.device} ${command.part} ${command.name}: no outcome`, error),
    );
  }

  #obsolete(message: Message): Refusal | undefined {
    const known = this.#remember(message);
    if (message.retained) return "retained";
    if (message.again) return known ? "duplicate" : "late";
    return this.live ? undefined : "late";
  }

  #why(refusal: Refusal): string {
    if (refusal === "retained")
      return "The command was kept by the broker, so nobody knows when it was given; it has been removed there. Publish commands without the retain flag.";
    if (refusal === "duplicate") return "The broker delivered the command a second time.";
    return "The command was given before this program listened.";
  }

  /** True when the same message came before. The packet id says nothing: it differs from connection to connection. */
  #remember({ topic, payload, properties }: Message): boolean {
    const now = this.#services.clock.monotonic();
    const text = `${topic} ${payload.toString("latin1")} ${properties?.correlationData?.toString("latin1") ?? ""}`;
    const key = text.length > longestKey ? sha256(text) : text;
    const at = this.#seen.get(key);
    this.#seen.delete(key);
    this.#seen.set(key, now);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest);
    return at !== undefined && now - at < memory;
  }

  #refuse(command: Command, refusal: Refusal, detail: string, message: Message): void {
    const { clock, log, bus } = this.#services;
    const now = clock.monotonic();
    this.#refusals = this.#refusals.filter((at) => now - at < floodSpan);
    if (this.#refusals.length >= flood) {
      if (this.#suppressed++ === 0) log.warn(`somebody floods the command topics (now ${message.topic}): further refusals are not written down for a while`);
      return;
    }
    this.#suppressed = 0;
    this.#refusals.push(now);
    log.warn(`${command.device} ${command.part} ${command.name || "(no command)"}: refused, ${refusal}. ${detail}`);
    this.#answer(message, bus.refuse(command, refusal, detail));
  }

  /** The asker alone hears everything, also the token for a confirmation. */
  #answer({ properties }: Message, outcome: Outcome): void {
    const topic = properties?.responseTopic;
    if (topic === undefined || topic === "") return;
    if (this.#services.topics.isReserved(topic)) return this.#services.log.warn(`no answer is published on ${topic}: the topic is taken`);
    const { confirm: _spent, ...command } = outcome.command;
    this.#services.deliver(topic, JSON.stringify({ ...outcome, command }), {
      retain: false,
      ...(properties?.correlationData && { properties: { correlationData: properties.correlationData } }),
    });
  }
}
