import { z } from "zod";
import { Secret } from "#domain/secret.ts";
import { host, port, secret } from "#driver/option.ts";
import { type Credentials, type V3User, authenticationProtocols, privacyProtocols } from "#transport/snmp/credentials.ts";

/** What the configuration says about an SNMP device, checked: version 1 and 2c have a community, 3 has a user. */
export interface SnmpOptions {
  readonly host: string;
  readonly port: number;
  readonly version: Credentials["version"];
  readonly community?: Secret | undefined;
  readonly user?: string | undefined;
  readonly authentication?: V3User["authentication"] | undefined;
  readonly privacy?: V3User["privacy"] | undefined;
  readonly profile?: string | undefined;
  /** Seconds. */
  readonly timeout: number;
}

/** RFC 3414, section 11.2: no agent takes a shorter one. */
const key = (what: string): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> =>
  z
    .string()
    .min(8, "a key has at least 8 characters (RFC 3414)")
    .describe(what)
    .transform((text) => new Secret(text));

const noDes = {
  error: (issue: { input?: unknown }): string | undefined =>
    /^3?DES/i.test(String(issue.input)) ? "DES is not supported: OpenSSL 3 has it no more; use AES" : undefined,
};

/** Spellings that vendors use for one protocol: sha256, SHA-256, aes-128. */
const spelling = (text: unknown): unknown => {
  if (typeof text !== "string") return text;
  const plain = text.toUpperCase().replaceAll(/[-_ ]/g, "");
  const [, length] = /^SHA(\d{3})$/.exec(plain) ?? [];
  if (length !== undefined) return `SHA-${length}`;
  const names: Readonly<Record<string, string>> = { SHA1: "SHA", SHA: "SHA", MD5: "MD5", AES: "AES", AES128: "AES", AES256: "AES-256", AES256C: "AES-256-C" };
  return names[plain] ?? text;
};

const version = z
  .union([z.literal("1"), z.literal("2c"), z.literal("3"), z.literal(1), z.literal(3)])
  .describe("SNMP version: 1, 2c or 3")
  .transform((given) => String(given) as Credentials["version"]);

/** `profiles`: names of those that are there. */
export const optionsSchema = (profiles: readonly string[]): z.ZodType<SnmpOptions> =>
  z
    .strictObject({
      host,
      port: port(161),
      version: version.default("2c"),
      community: secret("Community, for versions 1 and 2c").optional(),
      user: z.string().min(1).max(32).describe("User, for version 3").optional(),
      authentication: z
        .strictObject({ protocol: z.preprocess(spelling, z.enum(authenticationProtocols)), key: key("Authentication password") })
        .describe("Version 3: without it nothing is authenticated")
        .optional(),
      privacy: z
        .strictObject({ protocol: z.preprocess(spelling, z.enum(privacyProtocols, noDes)), key: key("Privacy password") })
        .describe("Version 3: without it nothing is encrypted")
        .optional(),
      profile: z
        .enum(profiles as [string, ...string[]])
        .describe("Kind of device; found by itself without it")
        .optional(),
      timeout: z.number().min(0.5).max(30).default(5).describe("Seconds that an answer may take, all tries together"),
    })
    .check(({ value, issues }) => {
      const complain = (path: string, message: string): void => void issues.push({ code: "custom", path: [path], message, input: value });
      if (value.version === "3") {
        if (value.user === undefined) complain("user", "version 3 needs a user");
        if (value.community !== undefined) complain("community", "version 3 has a user, no community");
        if (value.privacy && !value.authentication) complain("privacy", "privacy needs authentication");
        return;
      }
      if (value.community === undefined) complain("community", `version ${value.version} needs a community`);
      for (const name of ["user", "authentication", "privacy"] as const) if (value[name] !== undefined) complain(name, `${name} is for version 3`);
    });

export const credentialsOf = ({ version: spoken, community, user, authentication, privacy }: SnmpOptions): Credentials => {
  if (spoken === "3") return { version: spoken, user: user ?? "", ...(authentication && { authentication }), ...(privacy && { privacy }) };
  return { version: spoken, community: community ?? new Secret("") };
};
