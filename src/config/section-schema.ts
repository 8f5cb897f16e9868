import { z } from "zod";
import { scopes } from "#domain/scope.ts";
import { logLevels } from "#platform/log.ts";
import { compat } from "./compat-schema.ts";
import { nutServer } from "./nut-server-schema.ts";
import { listen, secret, tls, topic, url } from "./value-schema.ts";

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
  compat: compat.exactOptional(),
  nutServer: nutServer.exactOptional().describe("For upsmon, and whatever else speaks to NUT servers"),
  data: z.string().min(1).default("./data").describe("Folder of the database"),
  log: z.enum(logLevels).exactOptional().describe("How much is told"),
  devices: z.unknown().optional().describe("By id, which is for ever: entities are named after it"),
});
export type Sections = z.infer<typeof sectionSchema>;
