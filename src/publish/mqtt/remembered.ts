import type { Database } from "#platform/database.ts";

/** What is told later than it is needed, as it was last told, also before the last start; undefined when it never was. `key`: in the database. */
export const remembered = (database: Database, key: string, told: () => string | undefined): (() => string | undefined) => {
  let [{ value } = {}] = database.all<{ value?: string }>("select value from setting where key = ?", key);
  return () => {
    const now = told();
    if (now !== undefined && now !== value) database.run("insert or replace into setting (key, value) values (?, ?)", key, (value = now));
    return value;
  };
};
