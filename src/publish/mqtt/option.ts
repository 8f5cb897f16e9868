import type { Secret } from "#domain/secret.ts";
import type { UpsEvents } from "#domain/ups-event.ts";
import type { Bus } from "#engine/bus.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";

/** Contents, not paths: PEM as text or bytes. */
export interface TlsOptions {
  /** The authority that signed the broker's certificate; without it those that the system trusts. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** False takes any certificate: anyone on the way can read and switch. */
  readonly rejectUnauthorized?: boolean;
}

export interface MqttOptions {
  /** `mqtt://` or `mqtts://`, host and port. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** First level of all our own topics; `rack-power`. */
  readonly baseTopic?: string;
  /** Where Home Assistant looks for discovery documents; `homeassistant`. */
  readonly discoveryPrefix?: string;
  /** The same at every start, or the will of a dead connection could overwrite the birth of the living one. */
  readonly clientId: string;
  readonly tls?: TlsOptions;
  /** Of names, such as `de`; without it Home Assistant's. */
  readonly language?: string;
}

export interface MqttDependencies {
  /** Knows every configured device already, also those that were never reached: what it does not know is taken for gone and swept from the broker. */
  readonly store: StoreReader;
  readonly bus: Bus;
  readonly events: UpsEvents;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly version: string;
  /** Where the program shows itself; goes into discovery as origin and configuration address when it is an http address. */
  readonly url?: string;
  /**
   * Where our page is in Home Assistant, `homeassistant://app/<slug>`, undefined while it is not known. Goes before `url`, and each device gets its
   * place on it. Whoever learns of another calls `pageMoved`.
   */
  readonly page?: () => string | undefined;
  /** Home Assistant's language, undefined while it is not known. Whoever learns of another calls `languageChanged`. */
  readonly language?: () => string | undefined;
}

export interface MqttStatus {
  /** `refused`: the broker is there and somebody has to change something; `detail` says what. */
  readonly state: "connected" | "connecting" | "refused";
  /** 5, or 4 for MQTT 3.1.1. */
  readonly protocol?: 5 | 4;
  readonly detail?: string;
}

export interface MqttPublisher extends AsyncDisposable {
  status(): MqttStatus;
  /** Sends everything again, also devices that somebody deleted in Home Assistant. */
  republish(): void;
  /** Home Assistant speaks another language, or says which only now: names follow it, and nothing else changes. */
  languageChanged(): void;
  /** Our page in Home Assistant is elsewhere, or it is known only now: links follow it. */
  pageMoved(): void;
  /** What Home Assistant knows by our discovery documents now: identifiers of devices, unique ids of entities. */
  published(): { readonly deviceIdentifiers: readonly string[]; readonly uniqueIds: readonly string[] };
}
