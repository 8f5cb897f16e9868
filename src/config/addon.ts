import { Secret } from "#domain/secret.ts";

/** Where the program is when the Supervisor runs it. */
export interface Addon {
  /** `http://host`, without a slash at the end. */
  readonly supervisor: string;
  /** For the Supervisor and, through it, for Core. Another one at every start. */
  readonly token: Secret;
  /** Folder that the Supervisor keeps and backs up: options, database, keys. */
  readonly data: string;
  /** Where the page and the API listen, whatever the configuration says: the Supervisor has to find them. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The only address from which a person's name in a header is believed. */
  readonly ingressPeer: string;
}

const usual = { url: "http://supervisor", data: "/data", listen: "0.0.0.0:8099", peer: "172.30.32.2" } as const;

/**
 * Undefined outside of the Supervisor: the token in the environment decides, and nothing else.
 * SUPERVISOR_URL, RACK_POWER_ADDON_DATA, RACK_POWER_ADDON_LISTEN and RACK_POWER_INGRESS_PEER are for tests and odd hosts.
 */
export const findAddon = (environment: Readonly<Record<string, string | undefined>>): Addon | undefined => {
  const given = (name: string, otherwise: string): string => environment[name] || otherwise;
  const token = given("SUPERVISOR_TOKEN", "");
  if (token === "") return undefined;
  const listen = given("RACK_POWER_ADDON_LISTEN", usual.listen);
  const colon = listen.lastIndexOf(":");
  return {
    supervisor: given("SUPERVISOR_URL", usual.url).replace(/\/+$/, ""),
    token: new Secret(token),
    data: given("RACK_POWER_ADDON_DATA", usual.data),
    listen: { host: listen.slice(0, colon), port: Number(listen.slice(colon + 1)) },
    ingressPeer: given("RACK_POWER_INGRESS_PEER", usual.peer),
  };
};

/** Where the command line finds a key of its own, inside the add-on's container. */
export const commandLineKeyFile = ({ data }: Addon): string => `${data}/command-line.key`;

/** Core by the Supervisor's proxy. */
export const coreOf = ({ supervisor, token }: Addon): { readonly url: string; readonly token: Secret } => ({ url: `${supervisor}/core`, token });
