import { z } from "zod";
import { certificate, listen, secret } from "./value-schema.ts";

/** Clients send names without quotes, and cut them at blanks. */
const userName = z.string().regex(/^[^\s"\\#=[\]]+$/, 'is no name that every client can send: no blanks, and none of " \\ # = [ ]');
const otherName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "is no name of a UPS: small letters, digits, - and _");

const user = z.strictObject({
  name: userName.describe("As its client gives it; shown in the log and with every outcome"),
  password: secret(1, "is empty").describe("Of this user; many clients can send no blanks"),
  role: z.enum(["primary", "secondary"]).exactOptional().describe("May watch as upsmon does. A primary may announce a forced shutdown"),
  commands: z
    .union([z.literal("all"), z.array(z.string())])
    .default([])
    .describe("Instant commands by NUT's names, such as beeper.mute, or all. Those that drop the load only by their names"),
  set: z.boolean().default(false).describe("May set variables"),
  devices: z.array(z.string()).min(1).exactOptional().describe("Ids of the UPSs for which all this holds; without it every one"),
});

/** UPSs for clients of Network UPS Tools. The names say "server", as `driver: nut` is the other side. */
export const nutServer = z.strictObject({
  listen: listen.prefault("127.0.0.1:3493"),
  tls: certificate.exactOptional(),
  users: z.array(user).default([]).describe("Everybody may read; these may do more"),
  names: z.record(otherName, z.string()).default({}).describe("Further names of UPSs: `ups: office-ups` for clients that know no other name"),
});
