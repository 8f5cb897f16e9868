import { withPort } from "#platform/host.ts";
import type { OldFile } from "./old-file.ts";

type Path = readonly string[];
/** What became of one key of the old file. */
export interface Note {
  readonly kind: "mapped" | "changed" | "ignored";
  readonly path: Path;
  readonly says: string;
}
export interface Converted {
  /** The value of `compat.pwrstat`; a text `!secret name` stands for the secret of that name. */
  readonly pwrstat: Readonly<Record<string, unknown>>;
  /** The value of `log`, when the old file had one. */
  readonly log?: string;
  readonly secrets: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

export interface Wishes {
  readonly device: string;
  /** A name that no other secret has. */
  readonly secret: string;
  /** Whether the old file has the key, or only its default holds. */
  has(path: Path): boolean;
}

/** A section's values, and what is to be said of it. */
interface Piece {
  readonly value: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
}

const levels: Readonly<Record<string, string>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  WARN: "warn",
  ERROR: "error",
  CRITICAL: "error",
  FATAL: "error",
  NOTSET: "debug",
};
const exactly: ReadonlySet<string> = new Set(["DEBUG", "INFO", "WARNING", "WARN", "ERROR"]);

const now = (path: string): string => `compat.pwrstat.${path}`;

const door = (name: "rest" | "prometheus", { port, bind_address }: NonNullable<OldFile["rest"]>, { has }: Wishes): Piece => {
  const listen = withPort(bind_address, port);
  const given = (["port", "bind_address"] as const).filter((key) => has([name, key]));
  const notes = given.map((key): Note => ({ kind: "mapped", path: [name, key], says: `${now(`${name}.listen`)}: ${listen}` }));
  const usual: Note = { kind: "mapped", path: [name], says: `${now(`${name}.listen`)}: ${listen}, as the forerunner had it without being told` };
  return { value: { listen }, notes: given.length > 0 ? notes : [usual] };
};

const credentials = ({ username, password }: NonNullable<OldFile["mqtt"]>, { secret, has }: Wishes): Piece => {
  if (username !== undefined && password !== undefined && username !== "" && password !== "") {
    return {
      value: { username, password: `!secret ${secret}` },
      notes: [
        { kind: "mapped", path: ["mqtt", "username"], says: now("mqtt.username") },
        { kind: "changed", path: ["mqtt", "password"], says: `${now("mqtt.password")}, of which the file holds no more than the name: !secret ${secret}` },
      ],
    };
  }
  const lonely = (["username", "password"] as const).filter((key) => has(["mqtt", key]));
  return { value: {}, notes: lonely.map((key) => ({ kind: "ignored", path: ["mqtt", key], says: "user and password count together only" })) };
};

const messages = (mqtt: NonNullable<OldFile["mqtt"]>, wishes: Wishes): Piece => {
  const { broker, port, client_id, topic, refresh, qos, retained } = mqtt;
  const url = `mqtt://${withPort(broker, port)}`;
  const login = credentials(mqtt, wishes);
  const plain = (["topic", "refresh", "qos", "retained"] as const).filter((key) => wishes.has(["mqtt", key]));
  const address = (["broker", "port"] as const).filter((key) => wishes.has(["mqtt", key]));
  const assumed: Note = { kind: "changed", path: ["mqtt"], says: `${now("mqtt.url")}: ${url}, which the forerunner took without being told` };
  return {
    value: { url, ...(client_id !== "" && client_id !== "pwrstat_mqtt" && { clientId: client_id }), ...login.value, topic, refresh, qos, retained },
    notes: [
      ...(wishes.has(["mqtt", "broker"]) ? [] : [assumed]),
      ...address.map((key): Note => ({ kind: "changed", path: ["mqtt", key], says: `${now("mqtt.url")}: ${url}` })),
      ...plain.map((key): Note => ({ kind: "mapped", path: ["mqtt", key], says: now(`mqtt.${key}`) })),
      ...(wishes.has(["mqtt", "client_id"]) ? [clientNote(client_id)] : []),
      ...login.notes,
      {
        kind: "changed",
        path: ["mqtt", "topic"],
        says: `${topic}/availability says online or offline besides; ${now("mqtt.availability")}: none leaves it out`,
      },
    ],
  };
};

const clientNote = (client: string): Note => {
  const path = ["mqtt", "client_id"];
  return client === ""
    ? { kind: "changed", path, says: `${now("mqtt.clientId")}: an empty one becomes pwrstat_mqtt` }
    : { kind: "mapped", path, says: `${now("mqtt.clientId")}; the forerunner must not run beside it any more, or each throws the other out` };
};

const metrics = (prometheus: NonNullable<OldFile["prometheus"]>, wishes: Wishes): Piece => {
  const { labels } = prometheus;
  const { value, notes } = door("prometheus", prometheus, wishes);
  const known = wishes.has(["prometheus", "labels"]);
  return {
    value: { ...value, ...(Object.keys(labels).length > 0 && { labels }) },
    notes: [...notes, ...(known ? [{ kind: "mapped", path: ["prometheus", "labels"], says: now("prometheus.labels") } as const] : [])],
  };
};

const levelNote = (level: string, becomes: string): Note => ({
  kind: exactly.has(level) ? "mapped" : "changed",
  path: ["pwrstat_api", "log_level"],
  says: `log: ${becomes}`,
});

/** The old file in the words of ours, with a word on every key. */
export const convert = ({ pwrstat_api, mqtt, rest, prometheus }: OldFile, wishes: Wishes): Converted => {
  const level = pwrstat_api?.log_level;
  const log = level === undefined ? undefined : levels[level];
  const pieces = {
    ...(rest && { rest: door("rest", rest, wishes) }),
    ...(mqtt && { mqtt: messages(mqtt, wishes) }),
    ...(prometheus && { prometheus: metrics(prometheus, wishes) }),
  };
  const values = Object.entries(pieces).map(([name, { value }]) => [name, value]);
  const hasPassword = pieces.mqtt !== undefined && "password" in pieces.mqtt.value;
  return {
    pwrstat: { device: wishes.device, ...(Object.fromEntries(values) as Readonly<Record<string, unknown>>) },
    ...(log !== undefined && { log }),
    secrets: new Map(hasPassword ? [[wishes.secret, mqtt?.password ?? ""]] : []),
    notes: [...(level !== undefined && log !== undefined ? [levelNote(level, log)] : []), ...Object.values(pieces).flatMap(({ notes }) => notes)],
  };
};
