import { z } from "zod";
import { host, port } from "#driver/option.ts";

export const apcupsdOptions = z.strictObject({
  host: host.describe("Name or IP address of the machine on which apcupsd runs"),
  port: port(3551).describe("Port of its network information server (NISPORT)"),
});
export type ApcupsdOptions = z.output<typeof apcupsdOptions>;
