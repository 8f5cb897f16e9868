import { describe, expect, test } from "vitest";
import { createLog } from "#platform/log.ts";

describe("the log", () => {
  test("shows no secret, however it is spelt", () => {
    const lines: string[] = [];
    const log = createLog("debug", (line) => lines.push(line));
    const secret = 'pä ss/w"ord?';
    log.hide(secret);
    log.info(`connecting with ${secret}`);
    log.child("mqtt").warn(`url mqtt://rack:${encodeURIComponent(secret)}@127.0.0.1`);
    log.error("refused", new Error(`bad login ${Buffer.from(secret).toString("base64")}`, { cause: { body: JSON.stringify({ secret }) } }));
    const text = lines.join("");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const spelling of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64"), JSON.stringify(secret).slice(1, -1)])
      expect(text).not.toContain(spelling);
    expect(text.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(3);
  });

  test("names the area, and keeps to its level, which can change", () => {
    const lines: string[] = [];
    const log = createLog("info", (line) => lines.push(line));
    log.child("rack-pdu").info("connected");
    log.child("rack-pdu").debug("not shown");
    log.level = "debug";
    log.debug("shown");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/INFO: rack-pdu: connected/);
  });
});
