import { pino } from "pino";
import { prettyFactory } from "pino-pretty";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Lines for a person. `area` names who speaks: a device, the broker, the API. */
export interface Log {
  debug(line: string, error?: unknown): void;
  info(line: string, error?: unknown): void;
  warn(line: string, error?: unknown): void;
  error(line: string, error?: unknown): void;
  child(area: string): Log;
}

export interface RootLog extends Log {
  /** From here on, this text appears nowhere in the log, also not URL-encoded or in base64. */
  hide(secret: string): void;
  level: LogLevel;
}

const spellings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64"),
  JSON.stringify(secret).slice(1, -1),
];

/** `write` gets whole lines; without it they go to standard output. */
export const createLog = (level: LogLevel, write: (line: string) => void = (line) => process.stdout.write(line)): RootLog => {
  const hidden = new Set<string>();
  const redact = (line: string): string => {
    let clean = line;
    for (const secret of hidden) clean = clean.replaceAll(secret, "[secret]");
    return clean;
  };
  const format = prettyFactory({
    colorize: false,
    ignore: "pid,hostname,area",
    translateTime: "SYS:yyyy-mm-dd HH:MM:ss",
    messageFormat: (entry, key) => `${typeof entry["area"] === "string" ? `${entry["area"]}: ` : ""}${String(entry[key])}`,
  });
  const logger = pino({ level, base: null }, { write: (json) => write(redact(format(json))) });
  const wrap = (target: typeof logger): Log => ({
    debug: (line, error) => (error === undefined ? target.debug(line) : target.debug({ err: error }, line)),
    info: (line, error) => (error === undefined ? target.info(line) : target.info({ err: error }, line)),
    warn: (line, error) => (error === undefined ? target.warn(line) : target.warn({ err: error }, line)),
    error: (line, error) => (error === undefined ? target.error(line) : target.error({ err: error }, line)),
    child: (area) => wrap(target.child({ area })),
  });
  return {
    ...wrap(logger),
    hide: (secret) => {
      // Shorter texts would blank out half of every line; such a secret protects nothing.
      if (secret.length >= 4) for (const spelling of spellings(secret)) hidden.add(spelling);
    },
    get level() {
      return logger.level as LogLevel;
    },
    set level(value) {
      logger.level = value;
    },
  };
};
