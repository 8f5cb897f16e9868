import type { z } from "zod";
import type { Command } from "#domain/command.ts";
import type { Description, DeviceId, Reading, Wanted } from "#domain/device.ts";
import type { Log } from "#platform/log.ts";

/** What a driver gets from the program. */
export interface Context {
  readonly device: DeviceId;
  /** At debug level only: the engine says what a person should know. */
  readonly log: Log;
  /** Bytes that are costly to fetch and rarely change, such as a BMC's sensor repository; kept on disk, keyed by device. */
  readonly cache: { get(key: string): Uint8Array | undefined; set(key: string, value: Uint8Array): void };
}

/**
 * One kind of device. Everything that the page, the docs and the validator know about it comes from `options`, a zod schema.
 * A driver translates. It never polls, retries a command, sleeps, logs above debug, or knows Home Assistant. It throws only `Fault`.
 */
export interface Driver<Options = unknown> {
  readonly name: string;
  readonly options: z.ZodType<Options>;
  /** Devices with the same endpoint share one queue: a serial bus, a gateway, a BMC that takes one session. */
  endpoint(options: Options): string;
  /**
   * The option that names one of several devices behind an address. Its value `all` stands for every one of them: then the session is one with what
   * holds them, and tells their names in `Description.members`.
   */
  readonly oneOf?: string;
  /** How many calls an endpoint takes side by side; more than one only where the protocol pipelines. */
  readonly parallel: number;
  /** Opens what is needed to ask; a fault here means that the device is not there now, and the engine tries again later. */
  open(options: Options, context: Context, signal: AbortSignal): Promise<Session>;
}

/**
 * A live connection. The engine calls `read` and `execute` never side by side on one session, and disposes it when the connection
 * is lost or the device is stopped. A fault of kind unreachable, timeout, denied or busy out of `describe` or `read` ends the
 * session; rejected, unsupported and malformed end only the call.
 */
export interface Session extends AsyncDisposable {
  /** Who are you, and of which parts. Asked after open and after each reconnect. */
  describe(signal: AbortSignal): Promise<Description>;
  /** In as few packets as the device allows. What the device does not answer now is left out; the same `wanted` array may come again and again. */
  read(wanted: readonly Wanted[], signal: AbortSignal): Promise<readonly Reading[]>;
  /**
   * Resolves when the device accepted; whether it obeyed, the engine reads. Sends the write once, never again. A fault after the
   * write may have left this machine is marked with `afterWrite`.
   */
  execute?(command: Command, signal: AbortSignal): Promise<void>;
  /** True when the device has shown since that it is made of something else than it described: it is then described again, on this connection. */
  readonly outdated?: boolean;
  /** For devices that speak unasked. Ends when the connection does. */
  watch?(signal: AbortSignal): AsyncIterable<readonly Reading[]>;
}
