import { readAccess, type Access } from "#config/access.ts";
import { commandLineKeyFile, findAddon } from "#config/addon.ts";
import { localAddress } from "#config/local-address.ts";
import { allows, scopes, type Scope } from "#domain/scope.ts";
import { Secret } from "#domain/secret.ts";
import { readTextIfThere } from "#platform/file.ts";
import { exitCodes, Stop } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";

/** Where the running program is; given by options, by the environment, or by the configuration it runs with. */
export interface AccessOptions {
  readonly url?: string;
  readonly keyFile?: string;
  readonly config?: string;
}

export interface Reach {
  readonly url: string;
  readonly key: Secret;
}

const rank = (list: readonly Scope[]): number => Math.max(...list.map((scope) => scopes.indexOf(scope)));

/** The smallest key of the configuration that is allowed to do it. */
const pick = (access: Access | undefined, needed: Scope): Secret | undefined =>
  access?.keys.filter((key) => allows(key.scopes, needed)).toSorted((one, other) => rank(one.scopes) - rank(other.scopes))[0]?.key;

const readKeyFile = async (path: string): Promise<Secret> => {
  const text = (await readTextIfThere(path))?.trim();
  if (text === undefined || text === "") throw new Stop(exitCodes.usage, `${path} holds no key`);
  return new Secret(text);
};

/** Never takes the key from an argument: those are shown to everybody on the machine. */
export const findAccess = async ({ url, keyFile, config }: AccessOptions, needed: Scope, needs: CliNeeds): Promise<Reach> => {
  const { environment } = needs;
  const wantedUrl = url ?? environment["RACK_POWER_URL"];
  const envKey = environment["RACK_POWER_KEY"];
  const key = keyFile !== undefined ? await readKeyFile(keyFile) : envKey === undefined || envKey === "" ? undefined : new Secret(envKey);
  if (wantedUrl !== undefined && key) return { url: checkUrl(wantedUrl), key };
  const addon = config === undefined && wantedUrl === undefined && key === undefined ? findAddon(environment) : undefined;
  if (addon) return { url: localAddress(addon.listen), key: await readKeyFile(commandLineKeyFile(addon)) };
  const file = config ?? environment["RACK_POWER_CONFIG"] ?? "rack-power.yaml";
  const access = (await readAccess(file, environment)) ?? (config === undefined ? await demonstrationAccess(needs) : undefined);
  const found = { url: wantedUrl ?? access?.url, key: key ?? pick(access, needed) };
  if (found.url !== undefined && found.key) return { url: checkUrl(found.url), key: found.key };
  if (config !== undefined)
    throw new Stop(exitCodes.configuration, `${file} has no usable rest section with a key for ${needed}; see rack-power check ${file}`);
  throw new Stop(exitCodes.usage, "where is the program? Give --config FILE, or --url URL and --key-file FILE (or RACK_POWER_URL and RACK_POWER_KEY)");
};

const demonstrationAccess = async (needs: CliNeeds): Promise<Access | undefined> => {
  const demonstration = await needs.demonstration();
  return demonstration && readAccess(demonstration.config, needs.environment);
};

const checkUrl = (url: string): string => {
  const parsed = URL.parse(url);
  if (!parsed || !["http:", "https:"].includes(parsed.protocol) || parsed.username !== "" || parsed.password !== "")
    throw new Stop(exitCodes.usage, "--url: expected http://host:port or https://host:port");
  return url.replace(/\/+$/, "");
};
