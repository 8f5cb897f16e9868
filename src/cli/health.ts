import { findAddon } from "#config/addon.ts";
import { localAddress } from "#config/local-address.ts";
import { deadline } from "#platform/abort.ts";

export interface HealthOptions {
  readonly url?: string;
  readonly config?: string;
}

interface HealthNeeds {
  readonly environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
}

/** Docker's usual limit is 30 s; on its own machine an answer takes milliseconds. */
const within = 3_000;

/** Loads what reads configurations only where it is needed: a container asks every minute, for ever. */
const addressOf = async ({ url, config }: HealthOptions, environment: HealthNeeds["environment"]): Promise<string | undefined> => {
  const given = url ?? environment["RACK_POWER_URL"];
  if (given !== undefined) return given.replace(/\/+$/, "");
  const addon = findAddon(environment);
  if (addon && config === undefined) return localAddress(addon.listen);
  const { readAccess } = await import("#config/access.ts");
  return (await readAccess(config ?? environment["RACK_POWER_CONFIG"] ?? "rack-power.yaml", environment))?.url;
};

const stateAt = async (address: string): Promise<string> => {
  const response = await fetch(`${address}/api/v1/health`, { redirect: "error", signal: deadline(within) });
  const body: unknown = await response.json();
  const state = typeof body === "object" && body !== null && "state" in body ? body.state : undefined;
  return response.ok && typeof state === "string" ? state : `answers with ${response.status}`;
};

/** For a container's HEALTHCHECK: 0 when the running program answers and is not about to end, else 1. One device or broker that is away is no reason. */
export const checkHealth = async (options: HealthOptions, needs: HealthNeeds): Promise<0 | 1> => {
  const address = await addressOf(options, needs.environment);
  if (address === undefined) {
    needs.complain("where is the program? Give --config FILE with a rest section, or --url URL\n");
    return 1;
  }
  let state: string;
  try {
    state = await stateAt(address);
  } catch {
    state = "does not answer";
  }
  const good = state === "ready" || state === "degraded";
  if (good) needs.print(`${state}\n`);
  else needs.complain(`${address}: ${state}\n`);
  return good ? 0 : 1;
};
