import type { Database } from "#platform/database.ts";
import { textIn, type Text } from "../text/text.ts";
import { remembered } from "./remembered.ts";

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
  const hear = remembered(database, "language", told);
  const now = (): Text => {
    const heard = hear();
    return textIn(configured ?? heard);
  };
  let text = now();
  return {
    get text() {
      return text;
    },
    refresh: () => {
      const before = text;
      text = now();
      return text !== before;
    },
  };
};
