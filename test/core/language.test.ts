import { expect, test } from "vitest";
import { Secret } from "#domain/secret.ts";
import { watchLanguage } from "#homeassistant/language.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { until } from "#test/peer/until.ts";
import { CoreDouble } from "#test/transport/core-double.ts";
import { openCore } from "#transport/homeassistant/core-connection.ts";

test("the language is told when it is known, when it changes, and after a restart; an odd answer changes nothing", async () => {
  await using core = await CoreDouble.start();
  const log = createLog("error", () => undefined);
  let spoken: unknown = "de";
  core.answer = ({ type }) => (type === "get_config" ? { result: { language: spoken } } : "by itself");
  await using connection = openCore({ url: core.url, token: new Secret("simulated"), clock: systemClock, log });
  const told: (string | undefined)[] = [];
  await using watch = watchLanguage(connection, log, () => void told.push(watch.language));
  expect(watch.language).toBeUndefined();
  await until(() => told.length === 1, "it is known");
  const asked = (): number => core.heard.filter(({ type }) => type === "get_config").length;
  await until(() => core.heard.some(({ type }) => type === "subscribe_events"), "it listens");
  for (spoken of ["de", "", 7, null, undefined]) {
    const before = asked();
    core.fire("core_config_updated", {});
    await until(() => asked() > before, "it asks again");
  }
  spoken = "fr";
  core.fire("core_config_updated", {});
  await until(() => told.length === 2, "it changed");
  spoken = "nl";
  core.drop();
  await until(() => told.length === 3, "it was changed while nobody listened");
  expect(told).toEqual(["de", "fr", "nl"]);
});
