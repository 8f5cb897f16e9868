import { z } from "zod";

/**
 * What the Supervisor accepts of `config.yaml` without an advisory, and only the keys that we use: its own schema drops unknown keys in
 * silence, so that a misspelt one would just not act. home-assistant/supervisor, apps/validate.py and store/data.py (2026-08).
 */
const scalar = /^(str|password|bool|port|url|email|int|float|list\([^)]+\)|match\(.+\))\??$/;
const element = z.string().regex(scalar);
/** A dictionary inside a list; it must not hold a list of lists, and no dictionary can be optional. */
const entry = z.record(z.string(), z.union([element, z.array(element).length(1)]));

export const addOnGrammar = z.strictObject({
  name: z.string().min(1),
  version: z.string(),
  slug: z.string().regex(/^[-_.A-Za-z0-9]+$/),
  description: z.string().min(1),
  url: z.url(),
  image: z.string().regex(/^[a-z0-9.]+(\/[a-z0-9-]+)+$/, "no tag, no {arch}"),
  arch: z.array(z.enum(["amd64", "aarch64"])).length(2),
  stage: z.enum(["stable", "experimental"]),
  homeassistant: z.string().regex(/^\d{4}\.\d{1,2}\.\d+$/),
  startup: z.enum(["initialize", "system", "services", "application"]),
  boot: z.literal("auto"),
  timeout: z.int().min(10).max(300),
  ingress: z.literal(true),
  ingress_port: z.int().min(1).max(61_999),
  panel_title: z.string(),
  panel_icon: z.string().regex(/^mdi:[a-z-]+$/),
  panel_admin: z.boolean(),
  ports: z.record(z.string().regex(/^\d+\/tcp$/), z.null()),
  watchdog: z.string().regex(/^http:\/\/\[HOST\]:\[PORT:\d+\]\//),
  services: z.array(z.literal("mqtt:want")),
  discovery: z.array(z.literal("rack_power")),
  homeassistant_api: z.literal(true),
  map: z.array(z.strictObject({ type: z.enum(["app_config"]), read_only: z.boolean() })),
  backup: z.literal("hot"),
  backup_pre: z.string().optional(),
  backup_post: z.string().optional(),
  backup_exclude: z.array(z.string()).optional(),
  options: z.record(z.string(), z.union([z.string(), z.array(z.unknown())])),
  schema: z.record(z.string(), z.union([element, z.array(z.union([element, entry])).length(1)])),
});

const words = z.strictObject({ name: z.string().min(1), description: z.string().min(1) });
const option = words.extend({ fields: z.record(z.string(), words).optional() });
/** Stricter than the Supervisor: every text has a description. */
export const translationGrammar = z.strictObject({ configuration: z.record(z.string(), option), network: z.record(z.string(), z.string().min(1)) });

export const repositoryGrammar = z.strictObject({ name: z.string().min(1), url: z.url(), maintainer: z.string().min(1) });

/** An image needs at least one `/` and no digest, or the Supervisor takes its own base instead and says nothing. */
const base = z.string().regex(/^[^/@\s]+(\/[^/@\s]+)+:[^/@\s]+$/);
export const buildGrammar = z.strictObject({ build_from: z.strictObject({ amd64: base, aarch64: base }) });
