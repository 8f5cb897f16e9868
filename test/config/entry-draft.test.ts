import { expect, test } from "vitest";
import { z } from "zod";
import { draftEntry, nameSecrets, showDraft } from "#config/entry-draft.ts";
import { freeId } from "#config/free-id.ts";
import { Secret } from "#domain/secret.ts";
import { secret } from "#driver/option.ts";
import { drivers } from "./fixture.ts";

const optionsOf = (name: string): { readonly options: z.ZodType } => drivers.get(name) ?? expect.fail(name);

test("of what was given, a driver takes what it has a key for, and says what it lacks", () => {
  const given = [
    { path: ["username"], value: "admin" },
    { path: ["ups"], value: "office" },
  ];
  expect(draftEntry("nut", optionsOf("nut"), "a", given)).toMatchObject({ raw: { host: "a", username: "admin", ups: "office" } });
  expect(draftEntry("ipmi", optionsOf("ipmi"), "a", given)).toEqual({ lacking: "password" });
});

test("to Home Assistant a device is an entity: the address goes where it belongs", () => {
  const options = z.strictObject({ switch: z.string().optional(), sensors: z.record(z.string(), z.string()).optional() });
  const rawOf = (host: string): unknown => {
    const draft = draftEntry("home-assistant", { options }, host, []);
    return "raw" in draft ? draft.raw : draft;
  };
  expect(rawOf("switch.web")).toEqual({ switch: "switch.web" });
  expect(rawOf("sensor.web_power")).toEqual({ sensors: { web_power: "sensor.web_power" } });
  expect(rawOf("10.0.0.1")).toEqual({});
});

test("secrets are told apart by their place, not by what they happen to be", () => {
  const options = z.strictObject({ username: z.string(), password: secret("x"), deep: z.strictObject({ key: secret("y") }) });
  const raw = { username: "admin", password: "admin", deep: { key: "k: 'e\"y" } };
  const { entry, secrets } = nameSecrets("web", raw, options.parse(raw));
  expect(entry).toEqual({ username: "admin", password: "!secret web-password", deep: { key: "!secret web-deep-key" } });
  expect([...secrets]).toEqual([
    ["web-password", "admin"],
    ["web-deep-key", "k: 'e\"y"],
  ]);
  expect(showDraft({ driver: "x", raw, options: options.parse(raw) }, "web").yaml).toBe(
    "  web:\n    driver: x\n    username: admin\n    password: !secret web-password\n    deep:\n      key: !secret web-deep-key\n",
  );
  // A schema that moves a secret elsewhere: then the text tells.
  expect(nameSecrets("web", { password: "p4ss" }, { login: new Secret("p4ss") }).entry).toEqual({ password: "!secret web-password" });
});

test("an id is made of anything, and is nobody else's", () => {
  expect([
    freeId("AP8941", new Set()),
    freeId("Smart-UPS 1500 (RM)", new Set(["smart-ups-1500-rm"])),
    freeId("★", new Set()),
    freeId("x".repeat(99), new Set()).length,
  ]).toEqual(["ap8941", "smart-ups-1500-rm-2", "device", 60]);
});
