import { z } from "zod";
import { Secret } from "#domain/secret.ts";
import { readHost } from "#platform/host.ts";

export const secret = (least: number, short: string): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> =>
  z
    .string()
    .min(least, short)
    .transform((text) => new Secret(text));

export const topic = z.string().regex(/^[^#+/\s\0][^#+\s\0]*(?<!\/)$/, "is no topic: no spaces, # or +, no / at either end");

export const url = z
  .string()
  .describe("mqtt://host:1883, mqtts://host:8883, ws://… or wss://…")
  .superRefine((text, context) => {
    const address = URL.parse(text);
    if (!address || !["mqtt:", "mqtts:", "ws:", "wss:"].includes(address.protocol) || address.hostname === "") {
      context.addIssue({ code: "custom", message: "is no address of a broker" });
    } else if (address.username !== "" || address.password !== "") {
      context.addIssue({ code: "custom", message: "must not hold a user or password; write them as username and password" });
    }
  });

/** How the other end of an encrypted connection is known, and how it knows us. */
export const tls = z
  .strictObject({
    ca: z.string().min(1).exactOptional().describe("PEM file of the authority that signed the broker's certificate"),
    cert: z.string().min(1).exactOptional().describe("PEM file of our certificate"),
    key: z.string().min(1).exactOptional().describe("PEM file of our certificate's key"),
    rejectUnauthorized: z.boolean().default(true).describe("false accepts any certificate"),
  })
  .superRefine((files, context) => {
    if ((files.cert === undefined) === (files.key === undefined)) return;
    context.addIssue({ code: "custom", path: [files.cert === undefined ? "key" : "cert"], message: "cert and key go together" });
  })
  .prefault({});

/** How a server of ours proves itself. */
export const certificate = z.strictObject({
  cert: z.string().min(1).describe("PEM file of the certificate"),
  key: z.string().min(1).describe("PEM file of the certificate's key"),
});

const listenPattern = /^(?<place>\[[^\]]+\]|[^:]*):(?<port>\d{1,5})$/;
/** `:8099` listens on every IPv4 address, `[::]:8099` on IPv6 as well. */
export const listen = z
  .string()
  .describe("Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099")
  .transform((text, context) => {
    const { place, port } = listenPattern.exec(text)?.groups ?? {};
    if (port === undefined || Number(port) > 65_535) context.addIssue({ code: "custom", message: "is no address and port" });
    const read = readHost(place === undefined || place === "" ? "0.0.0.0" : place);
    if ("wrong" in read) context.addIssue({ code: "custom", message: `the address before the port ${read.wrong}` });
    return { host: "host" in read ? read.host : "", port: Number(port) };
  });
