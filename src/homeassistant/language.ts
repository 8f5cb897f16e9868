import type { Log } from "#platform/log.ts";
import type { CoreConnection } from "#transport/homeassistant/core-connection.ts";

export interface LanguageWatch extends AsyncDisposable {
  /** Core's language, such as `de` or `pt-BR`; undefined until it was told for the first time. */
  readonly language: string | undefined;
}

/** Follows the language in which Core speaks, over restarts of it. `changed` is called when it is another, and when it is known at last. Never fails. */
export const watchLanguage = (core: Pick<CoreConnection, "call" | "onState" | "state" | "subscribe">, log: Log, changed: () => void): LanguageWatch => {
  const life = new AbortController();
  let language: string | undefined;
  const ask = async (): Promise<void> => {
    const { language: now } = (await core.call({ type: "get_config" }, life.signal)) as { readonly language?: unknown };
    if (typeof now !== "string" || now === "" || now === language) return;
    language = now;
    changed();
  };
  const look = (): void => void ask().catch((error: unknown) => log.debug("Home Assistant did not tell its language", error));
  const listening = core.onState(({ state }) => (state === "connected" ? look() : undefined));
  if (core.state.state === "connected") look();
  const subscribing = core
    .subscribe({ type: "subscribe_events", event_type: "core_config_updated" }, look, { signal: life.signal })
    .catch((error: unknown) => log.debug("Home Assistant does not tell of a change of its language", error));
  return {
    get language() {
      return language;
    },
    [Symbol.asyncDispose]: async () => {
      life.abort();
      listening[Symbol.dispose]();
      const subscription = await subscribing;
      await subscription?.[Symbol.asyncDispose]();
    },
  };
};
