import { repair, type Repair } from "#domain/repair.ts";
import { Secret } from "#domain/secret.ts";
import type { Clock } from "#platform/clock.ts";
import { withPort } from "#platform/host.ts";
import type { Log } from "#platform/log.ts";
import type { BrokerService } from "#transport/homeassistant/supervisor-client.ts";
import type { Supervisor } from "./supervisor.ts";

export interface BrokerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
}

export interface BrokerServices {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly log: Log;
  /** Another broker, or another login, than before. */
  use(broker: BrokerAddress): Promise<void>;
  /** How the connection is that came of it. */
  state(): "connected" | "connecting" | "refused" | undefined;
}

export interface BrokerWatch extends AsyncDisposable {
  repairs(): readonly Repair[];
}

/** How often the connection is looked at, and how often the Supervisor is asked while no add-on provides a broker; milliseconds. */
const glance = 2_000;
const absence = 10_000;
/** A broker that is away is mostly only restarted; a login that is refused is old as soon as it is refused. */
const awayFor = 60_000;
/** After an answer that changed nothing. */
const patience = [5_000, 60_000] as const;

const missing = "there is no broker: no add-on provides one; install the add-on Mosquitto broker, or set mqtt_url";

const addressOf = ({ host, port, ssl, username, password }: BrokerService): BrokerAddress => ({
  url: `${ssl ? "mqtts" : "mqtt"}://${withPort(host, port)}`,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: new Secret(password) }),
});

const isSame = (one: BrokerAddress | undefined, other: BrokerAddress): boolean =>
  one?.url === other.url && one.username === other.username && one.password?.reveal() === other.password?.reveal();

/** Resolves when the answer that we have may be old: the login is refused, or nobody has answered for long. */
const untilDoubtful = async ({ clock, state }: BrokerServices, signal: AbortSignal): Promise<void> => {
  let left = clock.monotonic();
  for (;;) {
    await clock.sleep(glance, signal);
    const now = state();
    if (now === "refused") return;
    if (now === "connected") left = clock.monotonic();
    else if (clock.monotonic() - left >= awayFor) return;
  }
};

/**
 * Finds the broker that another add-on provides, and finds it again when its login changes, as it does when that add-on is installed anew, or when
 * there was none at first. Until disposed.
 */
export const followBroker = (services: BrokerServices): BrokerWatch => {
  const { supervisor, clock, log, use } = services;
  const life = new AbortController();
  const { signal } = life;
  let isMissing = false;
  const note = (now: boolean): void => {
    if (now === isMissing) return;
    isMissing = now;
    if (now) log.warn(missing);
  };
  const follow = async (): Promise<void> => {
    let known: BrokerAddress | undefined;
    for (let useless = 0; ; useless++) {
      const found = await supervisor.insist("broker", (client) => client.broker(signal), signal);
      note(found === undefined);
      if (found === undefined) {
        await clock.sleep(absence, signal);
        continue;
      }
      const address = addressOf(found);
      if (!isSame(known, address)) {
        known = address;
        useless = 0;
        await use(address);
      }
      if (useless > 0) await clock.sleep(Math.min(patience[0] * 2 ** Math.min(useless, 10), patience[1]), signal);
      await untilDoubtful(services, signal);
    }
  };
  const ended = follow().catch((error: unknown) => {
    if (!signal.aborted) log.error("the search for a broker ended by an error of Rack Power's own", error);
  });
  return {
    repairs: () => (isMissing ? [repair({ kind: "broker-missing" }, missing)] : []),
    [Symbol.asyncDispose]: async () => {
      life.abort();
      await ended;
    },
  };
};
