import { isQuarantined, type DeviceEntry } from "#config/configuration.ts";
import { same } from "#config/differences.ts";
import type { DeviceId } from "#domain/device.ts";
import type { Engine } from "#engine/engine.ts";
import type { Database } from "#platform/database.ts";
import type { Log } from "#platform/log.ts";
import type { StoreReader } from "#store/read.ts";
import type { Drivers } from "./device-entries.ts";
import { type KnownMembers, type Member, memberSettings, optionsOf, ownEntries, standsForAll, withIds } from "./member.ts";

export interface MemberServices {
  readonly engine: Engine;
  readonly drivers: Drivers;
  readonly store: StoreReader;
  readonly database: Database;
  readonly log: Log;
}

const prefix = "members/";

/**
 * The devices of entries that stand for all of an address (`ups: all`). Each keeps its id for ever and is remembered on disk, so that it is there,
 * offline, when its server is off at the start. One that the server has no more stays and says so, until the configuration is read again.
 */
export class MemberDevices implements Disposable {
  readonly #services: MemberServices;
  readonly #running = new Map<DeviceId, Member>();
  readonly #subscription: Disposable;
  #entries: readonly DeviceEntry[] = [];
  #turn: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(services: MemberServices) {
    this.#services = services;
    this.#subscription = services.store.subscribe(({ kind, device }) => {
      const follows = kind === "shape" && this.#entries.some(({ settings }) => settings.id === device);
      if (follows && this.#known(device) !== undefined) void this.#next(() => this.#adapt());
    });
  }

  /** Makes way for what new entries say; to be called before they are made true. */
  yieldTo(entries: readonly DeviceEntry[]): Promise<void> {
    return this.#next(async () => {
      this.#entries = entries;
      await this.#drop(this.#wanted());
    });
  }

  /** Makes true what the entries say of members. `forget`: those that their server has no more. */
  use(entries: readonly DeviceEntry[], forget = false): Promise<void> {
    return this.#next(async () => {
      this.#entries = entries;
      if (forget) this.#forget();
      await this.#adapt();
    });
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#subscription[Symbol.dispose]();
  }

  /** One after the other; a failure is told here, and ends nothing else. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn
      .then(() => (this.#ended ? undefined : work()))
      .catch((error: unknown) => this.#services.log.error("the devices behind an address could not be followed", error));
    return this.#turn;
  }

  async #adapt(): Promise<void> {
    const { engine } = this.#services;
    const wanted = this.#wanted();
    await this.#drop(wanted);
    for (const [id, member] of wanted) {
      const before = this.#running.get(id);
      if (before && same(before.options, member.options)) {
        if (!same(before.settings, member.settings)) engine.resettle(member.settings);
      } else {
        if (before) await engine.stop(id);
        this.#start(member);
      }
      this.#running.set(id, member);
    }
  }

  #start({ settings, options, driver }: Member): void {
    const { engine } = this.#services;
    if (options === undefined) engine.quarantine(settings, "the entry that stands for all of its server is wrong");
    else engine.start({ settings, driver, options });
  }

  async #drop(wanted: ReadonlyMap<DeviceId, Member>): Promise<void> {
    const { engine } = this.#services;
    const configured = new Set(this.#entries.map(({ settings }) => settings.id));
    for (const id of [...this.#running.keys()].filter((one) => !wanted.has(one))) {
      // An entry of the same id goes on where this one ends: nobody is told that the device is gone.
      await (configured.has(id) ? engine.stop(id) : engine.remove(id));
      this.#running.delete(id);
    }
  }

  /** Every member that is to run now; what is new among them is remembered. */
  #wanted(): ReadonlyMap<DeviceId, Member> {
    const { drivers, store, database, log } = this.#services;
    const configured = new Set(this.#entries.map(({ settings }) => settings.id));
    const members = new Map<DeviceId, Member>();
    for (const entry of this.#entries) {
      const { settings } = entry;
      const driver = drivers.get(settings.driver);
      if (!driver || (!isQuarantined(entry) && !standsForAll(driver, entry.options))) {
        database.run("delete from setting where key = ?", prefix + settings.id);
        continue;
      }
      const before = this.#known(settings.id);
      const told = isQuarantined(entry) ? [] : (store.device(settings.id)?.description?.members ?? []);
      const own = isQuarantined(entry) ? new Set<string>() : ownEntries(entry, driver, this.#entries);
      const names = new Set([...(before?.keys() ?? []), ...told].filter((name) => !own.has(name)));
      const known = withIds(settings.id, names, before ?? new Map(), configured, this.#idsBeside(settings.id));
      // One with an entry of its own keeps its id here, for when it has none any more.
      if (!isQuarantined(entry)) this.#remember(settings.id, new Map([...(before ?? []), ...known]), before);
      for (const [name, id] of known) {
        if (before?.has(name) && before.get(name) !== id) log.warn(`${name} of ${settings.id} is now ${id}, as an entry has taken its id`);
        const options = isQuarantined(entry) ? undefined : optionsOf(driver, entry.options, name);
        members.set(id, { settings: memberSettings(settings, id, name), options, driver, name });
      }
    }
    this.#forgetEntries(configured);
    return members;
  }

  #known(entry: DeviceId): KnownMembers | undefined {
    const [row] = this.#services.database.all<{ value: string }>("select value from setting where key = ?", prefix + entry);
    return row && new Map(Object.entries(JSON.parse(row.value) as Record<string, DeviceId>));
  }

  #remember(entry: DeviceId, known: KnownMembers, before: KnownMembers | undefined): void {
    if (before && same(Object.fromEntries(before), Object.fromEntries(known))) return;
    this.#services.database.run("insert or replace into setting (key, value) values (?, ?)", prefix + entry, JSON.stringify(Object.fromEntries(known)));
  }

  /** Ids of members of other entries. */
  #idsBeside(entry: DeviceId): ReadonlySet<DeviceId> {
    const others = this.#services.database.all<{ key: string; value: string }>("select key, value from setting where key like 'members/%'");
    return new Set(others.flatMap(({ key, value }) => (key === prefix + entry ? [] : Object.values(JSON.parse(value) as Record<string, DeviceId>))));
  }

  #forgetEntries(configured: ReadonlySet<DeviceId>): void {
    const { database } = this.#services;
    for (const { key } of database.all<{ key: string }>("select key from setting where key like 'members/%'"))
      if (!configured.has(key.slice(prefix.length))) database.run("delete from setting where key = ?", key);
  }

  /** Of a server that is there and does not name them. */
  #forget(): void {
    for (const { settings } of this.#entries) {
      const before = this.#known(settings.id);
      const server = this.#services.store.device(settings.id);
      const told = server?.connection.state === "online" ? server.description?.members : undefined;
      if (before && told) this.#remember(settings.id, new Map([...before].filter(([name]) => told.includes(name))), before);
    }
  }
}
