import type { Database } from "#platform/database.ts";
import { textIn, type Text } from "../text/text.ts";

/** In which language names are published: the configured one, else Home Assistant's own. */
export interface Tongue {
  readonly text: Text;
  /** Asks again; true when names are others now. */
  refresh(): boolean;
}

/**
 * `told`: Home Assistant's language, undefined while it is not known. It is remembered, as it comes later than the first discovery document: names
 * that turn English and back at every start would fill people's histories.
 */
export const createTongue = (database: Database, configured: string | undefined, told: () => string | undefined = () => undefined): Tongue => {
  const [known] = database.all<{ value: string }>("select value from setting where key = 'language'");
  let remembered = known?.value;
  const hear = (): string | undefined => {
    const now = told();
    if (now !== undefined && now !== remembered) database.run("insert or replace into setting (key, value) values ('language', ?)", (remembered = now));
    return configured ?? remembered;
  };
  let text = textIn(hear());
  return {
    get text() {
      return text;
    },
    refresh: () => {
      const before = text;
      text = textIn(hear());
      return text !== before;
    },
  };
};
