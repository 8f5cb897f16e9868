import { z } from "zod";
import { host, port, secret } from "#driver/option.ts";

const bytes = (text: string): number => new TextEncoder().encode(text).length;
/** K_g as bytes: hexadecimal with 0x in front, else the text. */
export const keyBytes = (key: string): Buffer => (/^0x([0-9a-f]{2})+$/i.test(key) ? Buffer.from(key.slice(2), "hex") : Buffer.from(key, "utf8"));

export const privileges = ["user", "operator", "administrator"] as const;
export type Privilege = (typeof privileges)[number];

/** One BMC. Limits of name, password and key are IPMI's own (IPMI 2.0, 22.28, 22.30 and 13.20). */
export const ipmiOptions = z.strictObject({
  host,
  port: port(623),
  username: z
    .string()
    .max(16)
    .refine((name) => bytes(name) <= 16, "has more than 16 bytes")
    .describe("User of the BMC"),
  password: secret("Password of the user, at most 20 bytes").refine((password) => bytes(password.reveal()) <= 20, "has more than 20 bytes, which no BMC keeps"),
  key: secret("The BMC's own key (K_g), when one is set: text of at most 20 bytes, or 0x and hexadecimal digits")
    .refine((key) => keyBytes(key.reveal()).length <= 20, "has more than 20 bytes")
    .optional(),
  privilege: z.enum(privileges).default("administrator").describe("What this user is asked to be allowed: user reads, operator switches"),
  suites: z
    .array(z.union([z.literal(17), z.literal(3)]))
    .min(1)
    .default([17, 3])
    .describe("Cipher suites to try, the best first"),
  interface: z.enum(["lanplus", "ipmitool"]).default("lanplus").describe("lanplus: our own client; ipmitool: that program, for a BMC that ours cannot talk to"),
  sensors: z
    .union([z.literal("all"), z.array(z.string().min(1))])
    .optional()
    .describe("Sensors to show: their names, or all; without it temperatures, fans, currents and powers, but no voltages"),
});

export type IpmiOptions = z.output<typeof ipmiOptions>;

/** Privilege levels (IPMI 2.0, table 22-18's request). */
export const privilegeLevels: Readonly<Record<Privilege, number>> = { user: 2, operator: 3, administrator: 4 };
