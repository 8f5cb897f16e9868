import { z } from "zod";
import { readHost } from "#platform/host.ts";
import { takenLabels } from "./metric.ts";

const host = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const read = readHost(text);
    if ("wrong" in read) context.addIssue({ code: "custom", message: read.wrong });
  });
const port = z.number().int().min(1).max(65_535);
const place = { port: port.default(5002), bind_address: host.default("0.0.0.0") };
const levels = ["DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET"] as const;

const label = z
  .string()
  .regex(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a label")
  .refine((name) => !takenLabels.has(name), "is the name of a label that the metrics have already");

/**
 * pwrstat.yaml, key by key. As strict as the forerunner where that was a mistake's end, and stricter where it went on and failed later: a topic is
 * needed, and two listeners have two ports. Ports below 1025, which it refused for no reason, are let in.
 */
export const oldFile = z
  .object({
    pwrstat_api: z
      .strictObject({ log_level: z.enum(levels).exactOptional() })
      .nullable()
      .exactOptional(),
    mqtt: z
      .strictObject({
        broker: host.default("192.168.1.100"),
        port: port.default(1883),
        client_id: z.string().default("pwrstat_mqtt"),
        topic: z
          .string()
          .min(1)
          .regex(/^[^#+\0]+$/, "is no topic: no # or +")
          .describe("The forerunner had no default that worked"),
        refresh: z.number().int().min(1).max(86_400).default(30).describe("Seconds"),
        qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(0),
        retained: z.boolean().default(true),
        username: z.string().exactOptional(),
        password: z.string().exactOptional(),
      })
      .exactOptional(),
    rest: z.strictObject(place).exactOptional(),
    prometheus: z.strictObject({ ...place, labels: z.record(label, z.string()).default({}) }).exactOptional(),
  })
  .superRefine(({ rest, prometheus }, context) => {
    if (rest && rest.port === prometheus?.port)
      context.addIssue({ code: "custom", path: ["prometheus", "port"], message: "is the port of rest: one of them needs another" });
  });
export type OldFile = z.output<typeof oldFile>;
