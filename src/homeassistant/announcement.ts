import type { Secret } from "#domain/secret.ts";
import type { Log } from "#platform/log.ts";
import type { Supervisor } from "./supervisor.ts";

/** Domain of the companion integration. */
const service = "rack_power";

/**
 * Tells Core, through the Supervisor, where our API is and with which key, for the companion integration to find. The Supervisor keeps the message
 * and gives it to nobody but Core; it is not taken back when we stop, for then Core would throw away what a person has set up (api/discovery.py).
 */
export const announce = async (
  supervisor: Supervisor,
  { hostname, port, key }: { readonly hostname: string; readonly port: number; readonly key: Secret },
  log: Log,
  signal: AbortSignal,
): Promise<void> => {
  const config = { host: hostname, port, api_key: key.reveal() };
  await supervisor.insist("discovery", (client) => client.discover(service, config, signal), signal);
  log.info(`Home Assistant knows where to find us: ${hostname}:${port}`);
};
