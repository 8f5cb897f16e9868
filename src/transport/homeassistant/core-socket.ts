import type { HaWebSocket } from "home-assistant-js-websocket";
import { Fault } from "#domain/fault.ts";
import type { Secret } from "#domain/secret.ts";
import { deadline } from "#platform/abort.ts";
import type { Clock } from "#platform/clock.ts";

/** Core ends a connection that has not logged in after 10 s (websocket_api/http.py); so long may everything before it take as well. */
const patience = 10_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

/** One message or several at once; undefined when it is neither. */
const messagesIn = (data: unknown): readonly Readonly<Record<string, unknown>>[] | undefined => {
  try {
    const parsed: unknown = JSON.parse(String(data));
    const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return messages.every(isRecord) ? messages : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Node's websocket keeps to itself why it failed (undici, lib/web/websocket: an event without an error), and a person needs to know: asks once for
 * something that needs no login, as a refused login would be counted against us.
 */
const whyNot = async (url: string, signal: AbortSignal): Promise<string> => {
  try {
    const { status } = await fetch(`${url}/manifest.json`, { redirect: "manual", signal: deadline(2000, signal) });
    return `is there (HTTP ${status}), but gives no websocket`;
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return `cannot be reached (${code ?? message})`;
  }
};

/** The websocket of this Home Assistant: `http://host:8123` becomes `ws://host:8123/api/websocket`, and the Supervisor's proxy has the same path. */
export const socketAddress = (url: string): string => `${url.replace(/\/+$/, "").replace(/^http/i, "ws")}/api/websocket`;

/**
 * Opens the websocket and logs in. Instead of the library's own: that one tells no reason, and waits for ever for an answer to the login. Throws
 * `Fault` unreachable, timeout or denied. Certificates are verified.
 */
export const openCoreSocket = async (url: string, token: Secret, clock: Clock, signal: AbortSignal): Promise<HaWebSocket> => {
  const done = Promise.withResolvers<string>();
  const socket = new WebSocket(socketAddress(url));
  const fail = (kind: "unreachable" | "timeout" | "denied", why: string): void => done.reject(new Fault(kind, `Home Assistant at ${url} ${why}`));
  const stop = (): void => fail("unreachable", "is not asked any more");
  using _limit = clock.after(patience, () => fail("timeout", "did not answer the login in time"));
  const hear = ({ data }: { readonly data: unknown }): void => {
    for (const { type, ha_version: version } of messagesIn(data) ?? [{ type: "none" }]) {
      if (type === "auth_ok") done.resolve(typeof version === "string" ? version : "");
      else if (type === "auth_invalid") fail("denied", "does not accept the token: it is wrong or was revoked");
      else if (type !== "auth_required") fail("unreachable", "is no Home Assistant: it answered something else");
    }
  };
  const lose = (): void => void whyNot(url, signal).then((why) => fail("unreachable", why));
  socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "auth", access_token: token.reveal() })));
  socket.addEventListener("message", hear);
  socket.addEventListener("error", lose);
  socket.addEventListener("close", lose);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const version = await done.promise;
    socket.removeEventListener("message", hear);
    guard(socket);
    // Several messages at once, which the library understands (its messages.js, supported_features); the number 1 is free for it.
    socket.send(JSON.stringify({ type: "supported_features", id: 1, features: { coalesce_messages: 1 } }));
    return Object.assign(socket, { haVersion: version });
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
};

/** The library parses whatever comes, and what it throws then would end the program. It listens after this. */
const guard = (socket: WebSocket): void =>
  socket.addEventListener("message", (event) => {
    if (messagesIn(event.data) !== undefined) return;
    event.stopImmediatePropagation();
    socket.close();
  });
