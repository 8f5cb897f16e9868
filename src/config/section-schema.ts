import { z } from "zod";
import { scopes } from "#domain/scope.ts";
import { Secret } from "#domain/secret.ts";
import { readHost } from "#platform/host.ts";
import { logLevels } from "#platform/log.ts";

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

const tls = z
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

const mqtt = z.strictObject({
  url,
  username: z.string().min(1).exactOptional(),
  password: secret(1, "is empty").exactOptional(),
  baseTopic: topic.default("rack-power").describe("All our topics begin with this"),
  language: z.enum(["en", "de", "nl", "fr", "es"]).exactOptional().describe("Of the names of entities; without it Home Assistant's own, or English"),
  discoveryPrefix: topic.default("homeassistant").describe("As in Home Assistant's MQTT settings"),
  clientId: z.string().min(1).exactOptional(),
  tls,
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

export const key = z.strictObject({
  name: z.string().min(1).describe("Who uses it; shown in the log and with every outcome"),
  key: secret(16, "is too short to be safe: at least 16 characters, such as from openssl rand -hex 24").describe("Text of the X-API-Key header"),
  scopes: z.array(z.enum(scopes)).min(1).describe("What it may do"),
});

const rest = z.strictObject({ listen: listen.prefault("127.0.0.1:8099"), keys: z.array(key).default([]) });

/** The whole file but for the devices, which are read one by one so that one of them cannot spoil the rest. */
export const sectionSchema = z.strictObject({
  mqtt: mqtt.exactOptional(),
  rest: rest.exactOptional(),
  data: z.string().min(1).default("./data").describe("Folder of the database"),
  log: z.enum(logLevels).exactOptional().describe("How much is told"),
  devices: z.unknown().optional().describe("By id, which is for ever: entities are named after it"),
});
export type Sections = z.infer<typeof sectionSchema>;
