import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";
import { createSetup } from "#program/setup.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { makeFolder } from "./config/fixture.ts";
import { virtualClock } from "./platform/virtual-clock.ts";

const host = "127.0.0.1";
const community = "canary-community";

const rig = async (): Promise<
  ReturnType<typeof createSetup> &
    AsyncDisposable & { readonly folder: string; readonly port: number; readonly seen: string[]; pass(ms: number): Promise<void> }
> => {
  const stack = new AsyncDisposableStack();
  const rack = createRack();
  const pdu = stack.use(await startPduAgent({ host, readCommunity: community, writeCommunity: community, pdu: () => rack.pdu }));
  const folder = stack.use(await makeFolder(""));
  const clock = stack.use(virtualClock());
  const seen: string[] = [];
  const setup = createSetup({
    file: await folder.write("rack-power.yaml", "# mine\n"),
    drivers: createDrivers(systemClock),
    environment: {},
    clock,
    log: createLog("error", (line) => void seen.push(line)),
    ids: () => ["ap8941"],
    hide: (secret) => void seen.push(`hidden ${secret}`),
    reload: async () => {
      seen.push("read again");
      return { accepted: true, problems: [] };
    },
  });
  return { ...setup, folder: folder.path, port: pdu.port, seen, pass: (ms) => clock.sleep(ms), [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

test("a PDU is asked what it is, and added; its community is in the file beside and in no answer", async () => {
  await using setup = await rig();
  const [answer, ...others] = await setup.identify({ host, driver: "snmp", options: { port: setup.port, community } });
  if (!answer || !("entry" in answer)) return expect.fail(JSON.stringify(answer));
  expect(others).toEqual([]);
  expect(answer).toMatchObject({ driver: "snmp", id: "ap8941-2", description: { manufacturer: "APC", model: "AP8941" } });
  expect(answer.description.parts.filter(({ id }) => id.startsWith("outlet/"))).toHaveLength(24);
  expect(answer.readings).toContainEqual({ part: "outlet/3", point: "meter.power", value: 118 });
  expect(answer.entry).toEqual({ driver: "snmp", host, community: "!secret ap8941-2-community", port: setup.port });
  expect(JSON.stringify(answer)).not.toContain(community);
  expect(setup.seen).toEqual([`hidden ${community}`]);
  expect(await setup.addDevice("rack-pdu", answer.entry)).toEqual({ ok: true });
  expect(setup.seen.at(-1)).toBe("read again");
  expect(await readFile(join(setup.folder, "rack-power.yaml"), "utf8")).toBe(
    `# mine\n\ndevices:\n  rack-pdu:\n    driver: snmp\n    host: ${host}\n    community: !secret rack-pdu-community\n    port: ${setup.port}\n`,
  );
  expect(await readFile(join(setup.folder, "secrets.yaml"), "utf8")).toBe(`rack-pdu-community: "${community}"\n`);
});

test("what was typed is forgotten after ten minutes, and was never good for another device", async () => {
  await using setup = await rig();
  const [answer] = await setup.identify({ host, driver: "snmp", options: { port: setup.port, community } });
  if (!answer || !("entry" in answer)) return expect.fail(JSON.stringify(answer));
  expect(await setup.addDevice("other", { ...answer.entry, host: "10.0.0.9" })).toMatchObject({ ok: false, why: "wrong" });
  await setup.pass(600_001);
  expect(await setup.addDevice("late", answer.entry)).toMatchObject({ ok: false, why: "wrong" });
  expect(setup.seen).not.toContain("read again");
});

test("all kinds are tried at once; each says why it has no answer; an unknown one says which there are", async () => {
  await using setup = await rig();
  const rack = createRack();
  await using nut = await startNutServer({ host, users: [], upses: () => rack.upses });
  const found = await setup.identify({ host, options: { port: nut.port, ups: "office", timeout: 0.5 } });
  expect(found.map((one) => [one.driver, "why" in one ? one.why.split(":", 1)[0] : one.description.model])).toEqual([
    ["nut", "Simulated 700"],
    ["apcupsd", "timeout"],
    ["snmp", "timeout"],
    ["ipmi", "not tried; it needs username, password"],
    ["pwrstat", "not tried; it needs socket"],
    ["home-assistant", expect.stringMatching(/^not tried; it needs /)],
  ]);
  expect(setup.drivers).toEqual(["nut", "apcupsd", "snmp", "ipmi", "pwrstat", "home-assistant"]);
  expect(await setup.identify({ host, driver: "impi" })).toEqual([
    { driver: "impi", why: "there is no such driver; expected nut, apcupsd, snmp, ipmi, pwrstat, home-assistant" },
  ]);
});

test("two devices at the same time are both written", async () => {
  await using setup = await rig();
  const results = await Promise.all(["a", "b", "c"].map((id) => setup.addDevice(id, { driver: "nut", host: id, ups: "ups" })));
  expect(results).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
  expect((await readFile(join(setup.folder, "rack-power.yaml"), "utf8")).match(/^ {2}[abc]:$/gm)).toEqual(["  a:", "  b:", "  c:"]);
});
