import type { Description, Reading } from "./device.ts";

/** What is asked of a host: by one kind of driver or by all, with options of a driver as they would stand in the configuration. */
export interface Question {
  readonly host: string;
  readonly driver?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A device that answered. */
export interface Answer {
  readonly driver: string;
  readonly description: Description;
  readonly readings: readonly Reading[];
  /** An id for it that nobody has yet. */
  readonly id: string;
  /** The entry as lines to paste below `devices:`. A secret is a `!secret` with a name. */
  readonly yaml: string;
  /** The same as data. A secret is the text `!secret name`, here too. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** A driver by which nothing was learned. */
export interface Silence {
  readonly driver: string;
  /** One sentence. */
  readonly why: string;
}

export type Identified = Answer | Silence;

/** Why an entry was not added: the id is taken; the entry or the file is wrong; a person is changing the file; it cannot be written. */
export type NotAdded = "exists" | "wrong" | "changed" | "unwritable";

export type Added =
  | { readonly ok: true }
  /** `problems`: one sentence each, with line and column. */
  | { readonly ok: false; readonly why: NotAdded; readonly detail: string; readonly problems: readonly string[] };
