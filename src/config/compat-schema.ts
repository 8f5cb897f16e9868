import { z } from "zod";
import { devicePattern } from "#domain/device.ts";
import { certificate, listen, secret, tls, url } from "./value-schema.ts";

/** Whatever MQTT takes for the name of a topic (MQTT 3.1.1, section 4.7): a forerunner's users chose theirs long ago. */
const oldTopic = z
  .string()
  .min(1)
  .max(65_535)
  .regex(/^[^#+\0]+$/, "is no topic: no # or +");

const door = {
  tls: certificate.exactOptional(),
  key: secret(16, "is too short to be safe: at least 16 characters, such as from openssl rand -hex 24")
    .exactOptional()
    .describe("Text of the X-API-Key header; without it everybody may read, as before"),
};

/** Labels that the metrics have already. */
const taken = ["firmware_number", "last_power_event", "line_interaction", "rating_power", "rating_voltage", "test_result", "state", "supply"];
const label = z
  .string()
  .regex(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a label")
  .refine((name) => !taken.includes(name), "is the name of a label that the metrics have already");

const message = z
  .strictObject({
    topic: oldTopic.describe("Where the status goes, as one JSON object"),
    refresh: z.number().min(1).max(86_400).default(30).describe("Seconds between two messages"),
    qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(0),
    retained: z.boolean().default(true),
    availability: z
      .union([z.literal("none"), oldTopic])
      .exactOptional()
      .describe("Topic that says online or offline, or none; else the topic with /availability behind it"),
    clientId: z.string().min(1).default("pwrstat_mqtt").describe("Nobody else's at that broker"),
    url: url.exactOptional().describe("Broker, when it is not that of the section mqtt"),
    username: z.string().min(1).exactOptional(),
    password: secret(1, "is empty").exactOptional(),
    tls,
  })
  .superRefine(({ url: own, username, password }, context) => {
    const half = username === undefined ? "password" : "username";
    if ((username === undefined) !== (password === undefined)) context.addIssue({ code: "custom", path: [half], message: "username and password go together" });
    else if (own === undefined && username !== undefined) context.addIssue({ code: "custom", path: ["username"], message: "goes with a url of its own" });
  });

const pwrstat = z
  .strictObject({
    device: z.string().regex(devicePattern).describe("UPS that is shown: its id below devices"),
    exact: z.boolean().default(false).describe("true: the old text to the last byte, with frequencies ten times too large"),
    rest: z.strictObject({ listen: listen.prefault("0.0.0.0:5002"), ...door }).exactOptional(),
    mqtt: message.exactOptional(),
    prometheus: z.strictObject({ listen, labels: z.record(label, z.string()).default({}).describe("On every metric"), ...door }).exactOptional(),
  })
  .superRefine(({ rest, prometheus }, context) => {
    if (!rest || !prometheus || rest.listen.port !== prometheus.listen.port || rest.listen.port === 0) return;
    context.addIssue({ code: "custom", path: ["prometheus", "listen"], message: "has the port of rest" });
  });

/** Forerunners' ways out, each for those who come from it; without its entry there is none of it. */
export const compat = z.strictObject({ pwrstat: pwrstat.exactOptional().describe("For whatever read from pwrstat_docker") });
