import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import type { SnmpObject } from "#simulator/snmp/agent.ts";
import { freePort } from "./port.ts";
import { startProcess } from "./process.ts";
import type { Peer } from "./provision.ts";
import { run } from "./run.ts";

export interface Snmpsim extends AsyncDisposable {
  readonly port: number;
  readonly database: DatabaseSync;
  /** Writes to outlet commands, as `outlet value`, in order. */
  writes(): readonly string[];
  set(oid: string, value: number | string): void;
}

const pdu = "1.3.6.1.4.1.318.1.1.26";
/** snmpsim's SQL module compares names as texts, so each number takes ten places. */
const padded = (oid: string): string =>
  oid
    .split(".")
    .map((number) => number.padStart(10))
    .join(".");
const kinds: Readonly<Record<string, string>> = { integer: "2", gauge: "66", text: "4", oid: "6" };
const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString("latin1") : String(value));

/** A trigger is the firmware: a command changes the outlet's state and is written down. */
const fill = (database: DatabaseSync, objects: readonly SnmpObject[]): void => {
  const command = `${padded(`${pdu}.9.2.4.1.5`)}.`;
  database.exec(
    "create table apc (oid text primary key, tag text, value text, maxaccess text); create table journal (id integer primary key, outlet text, value text)",
  );
  const insert = database.prepare("insert into apc values (?, ?, ?, ?)");
  for (const { oid, value, set } of objects) {
    if (oid.startsWith(`${pdu}.`)) insert.run(padded(oid), kinds[value().type] ?? "4", text(value().value), set ? "read-write" : "read-only");
  }
  database.exec(`create trigger obey after update of value on apc when substr(new.oid, 1, ${command.length}) = '${command}' begin
    insert into journal (outlet, value) values (trim(substr(new.oid, ${command.length + 1})), new.value);
    update apc set value = case new.value when '1' then '2' else '1' end where oid = '${padded(`${pdu}.9.2.3.1.5`)}.' || substr(new.oid, ${command.length + 1});
  end`);
};

/** snmpsim with these objects in an SQL table; users of version 3: `sha256` with AES-256, all with the keys of the tests. */
export const startSnmpsim = async (peer: Peer, snmpget: Peer, objects: readonly SnmpObject[]): Promise<Snmpsim> => {
  const folder = mkdtempSync(join(tmpdir(), "snmpsim-"));
  const data = join(folder, "data");
  mkdirSync(data);
  mkdirSync(join(folder, "cache"));
  const file = join(folder, "pdu.db");
  const database = new DatabaseSync(file, { timeout: 5000 }); // the simulator writes there too
  fill(database, objects);
  const record = `1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.318.1.3.4.6\n1.3.6.1.4.1.318.1.1.26|:sql|apc\n`;
  // The community is the file's name; version 3 without a context looks for the transport's.
  for (const name of ["public", "1.3.6.1.6.1.1.0"]) writeFileSync(join(data, `${name}.snmprec`), record);
  const port = await freePort("udp");
  // It refuses to run as root unless it is told so in words; another user could not read what lies in our cache.
  const identity = process.getuid?.() === 0 ? ["--process-user=root", "--process-group=root"] : [];
  const users = ["--v3-user=sha256", "--v3-auth-key=authpass12", "--v3-auth-proto=SHA256", "--v3-priv-key=privpass12", "--v3-priv-proto=AES256BLMT"];
  const cisco = ["--v3-user=cisco", "--v3-auth-key=authpass12", "--v3-auth-proto=SHA", "--v3-priv-key=privpass12", "--v3-priv-proto=AES256"];
  const running = await startProcess(
    peer.bin("snmpsimd"),
    [
      ...identity,
      "--logging-method=null",
      `--cache-dir=${join(folder, "cache")}`,
      `--data-dir=${data}`,
      `--variation-module-options=sql:dbtype:sqlite3,database:${file}`,
      "--v3-engine-id=8000000001020304",
      ...users,
      ...cisco,
      `--agent-udpv4-endpoint=127.0.0.1:${port}`,
    ],
    {
      env: { ...peer.env, HOME: folder },
      cwd: folder,
      ready: async () =>
        (await run(snmpget.bin("snmpget"), ["-v2c", "-c", "public", "-t0.3", "-r0", `127.0.0.1:${port}`, `.${pdu}.2.1.8.1`], { env: snmpget.env })).includes(
          "AP8941",
        ),
    },
  );
  return {
    port,
    database,
    writes: () =>
      database
        .prepare("select outlet || ' ' || value as line from journal order by id")
        .all()
        .map((row) => String(row["line"])),
    set: (oid, value) => void database.prepare("update apc set value = ? where oid = ?").run(String(value), padded(oid)),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
