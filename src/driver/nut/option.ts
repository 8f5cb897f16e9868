import { z } from "zod";
import { host, port, secret } from "#driver/option.ts";
import type { NutServer } from "#transport/nut/server.ts";

export const nutOptions = z.strictObject({
  host,
  port: port(3493),
  ups: z
    .string()
    .regex(/^[^\s"\\]+$/, "expected the UPS's name as the NUT server lists it, without blanks and quotes")
    .describe("Name of the UPS on the NUT server, as `upsc -l` shows it; `all` for every UPS that it has, each a device of its own"),
  username: z.string().min(1).optional().describe("User of the NUT server (upsd.users); without user and password nothing can be switched"),
  password: secret("Password of that user").optional(),
  tls: z.enum(["off", "required"]).default("off").describe("`required` speaks nothing but TLS, by STARTTLS"),
  ca: z.string().min(1).optional().describe("Certificate of the authority that signed the server's, as PEM or as the path of a PEM file"),
  servername: z.string().min(1).optional().describe("Name in the server's certificate, when it is not the host"),
});
export type NutOptions = z.output<typeof nutOptions>;

export const serverOf = ({ host: name, port: number, username, password, tls, ca, servername }: NutOptions): NutServer => ({
  host: name,
  port: number,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(tls === "required" && { tls: { ...(ca !== undefined && { ca }), ...(servername !== undefined && { servername }) } }),
});
