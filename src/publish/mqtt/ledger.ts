import type { DeviceId } from "#domain/device.ts";
import type { Database } from "#platform/database.ts";

/** What is known of one retained topic of ours. Only discovery documents have more than their mere existence. */
export interface LedgerRow {
  readonly device: DeviceId;
  /** Of the last document the broker acknowledged; absent while one is on its way, and for topics that are no documents. */
  readonly hash?: string;
  /** Keys that Home Assistant may know through this document, with their platforms. */
  readonly components?: Readonly<Record<string, string>>;
  /** Removal markers that went out with the last document. */
  readonly marked?: readonly string[];
  /** Somebody deleted the device in Home Assistant; holds the hash of the device's settings at that moment. */
  readonly hidden?: string;
}

/**
 * Every retained topic that was ever published and not yet cleared. It is written before the topic is, so that whatever ends this program,
 * the next start knows what to sweep. The rows live in memory too; the database is read once.
 */
export class Ledger {
  readonly #database: Database;
  readonly #rows = new Map<string, LedgerRow>();
  readonly #topicsOf = new Map<DeviceId, Set<string>>();

  constructor(database: Database) {
    this.#database = database;
    for (const { topic, device, json } of database.all<{ topic: string; device: string; json: string }>("select topic, device, json from published"))
      this.#remember(topic, { ...(JSON.parse(json) as Omit<LedgerRow, "device">), device });
  }

  get(topic: string): LedgerRow | undefined {
    return this.#rows.get(topic);
  }

  topics(device: DeviceId): readonly string[] {
    return [...(this.#topicsOf.get(device) ?? [])];
  }

  devices(): readonly DeviceId[] {
    return [...this.#topicsOf.keys()];
  }

  /** On the disk when it returns; all rows or none. */
  write(rows: readonly (readonly [topic: string, row: LedgerRow])[]): void {
    if (rows.length === 0) return;
    this.#database.transaction(() => {
      for (const [topic, { device, ...rest }] of rows)
        this.#database.run(
          "insert into published (topic, device, json) values (?, ?, ?) on conflict (topic) do update set device = excluded.device, json = excluded.json",
          topic,
          device,
          JSON.stringify(rest),
        );
    });
    for (const [topic, row] of rows) this.#remember(topic, row);
  }

  /** Makes the topics known, if they are not. */
  declare(device: DeviceId, topics: readonly string[]): readonly (readonly [string, LedgerRow])[] {
    return topics.filter((topic) => !this.#rows.has(topic)).map((topic) => [topic, { device }]);
  }

  forget(topics: readonly string[]): void {
    if (topics.length === 0) return;
    this.#database.transaction(() => {
      for (const topic of topics) this.#database.run("delete from published where topic = ?", topic);
    });
    for (const topic of topics) {
      const device = this.#rows.get(topic)?.device;
      this.#rows.delete(topic);
      if (device === undefined) continue;
      const rest = this.#topicsOf.get(device);
      rest?.delete(topic);
      if (rest?.size === 0) this.#topicsOf.delete(device);
    }
  }

  /** Counts the publications of documents. The broker keeps the number too: another one there means that it lost some. */
  get edition(): number {
    return Number(this.#database.all<{ value: string }>("select value from setting where key = 'mqtt.edition'")[0]?.value ?? 0);
  }

  set edition(next: number) {
    this.#database.run("insert into setting (key, value) values ('mqtt.edition', ?) on conflict (key) do update set value = excluded.value", String(next));
  }

  #remember(topic: string, row: LedgerRow): void {
    this.#rows.set(topic, row);
    const topics = this.#topicsOf.get(row.device);
    if (topics) topics.add(topic);
    else this.#topicsOf.set(row.device, new Set([topic]));
  }
}
