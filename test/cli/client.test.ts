import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Verdict } from "#domain/outcome.ts";
import { makeFolder } from "#test/config/fixture.ts";
import { keyOf, startRig, type Rig } from "#test/publish/rest-rig.ts";
import { runCli, type Ended } from "./cli-rig.ts";

const secret = (text: string): boolean => Object.values(keyOf).some((key) => text.includes(key));
const cli = async (rig: Rig, words: readonly string[], scope: keyof typeof keyOf = "control"): Promise<Ended> => {
  const ended = await runCli(words, { environment: { RACK_POWER_URL: rig.server.url, RACK_POWER_KEY: keyOf[scope] } });
  expect(secret(ended.out + ended.err)).toBe(false);
  return ended;
};

const verdicts: readonly (readonly [Verdict, number, string])[] = [
  [{ state: "confirmed" }, 0, "confirmed: rack-pdu outlet/8 outlet.off: it is confirmed (1 write)\n"],
  [{ state: "unconfirmed" }, 4, "unconfirmed: rack-pdu outlet/8 outlet.off: it is unconfirmed (0 writes)\n"],
  [{ state: "unconfirmed", fault: "timeout" }, 4, "unconfirmed: rack-pdu outlet/8 outlet.off: it is unconfirmed (0 writes)\n"],
  [{ state: "failed", fault: "denied" }, 1, "failed: rack-pdu outlet/8 outlet.off: it is failed (0 writes)\n"],
  [{ state: "failed", fault: "unreachable" }, 1, "failed: rack-pdu outlet/8 outlet.off: it is failed (0 writes)\n"],
  [{ state: "refused", refusal: "locked" }, 3, "refused: rack-pdu outlet/8 outlet.off: it is refused (0 writes)\n"],
  [{ state: "refused", refusal: "label-changed" }, 3, "refused: rack-pdu outlet/8 outlet.off: it is refused (0 writes)\n"],
  [
    { state: "refused", refusal: "confirmation-needed", confirm: "token-1" },
    3,
    "refused: rack-pdu outlet/8 outlet.off: it is refused (0 writes)\nTo do it all the same: repeat with --confirm token-1\n",
  ],
];

test.each(verdicts)("drive that ends %j gives exit code %d", async (verdict, code, text) => {
  await using rig = await startRig();
  rig.bus.answer = () => verdict;
  expect(await cli(rig, ["drive", "rack-pdu", "outlet/8", "outlet.off"])).toEqual({ code, out: text, err: "" });
});

test("drive carries reason and token, knows short words, and prints JSON", async () => {
  await using rig = await startRig();
  const { code, out } = await cli(rig, ["drive", "rack-pdu", "outlet/8", "off", "--reason", "too hot", "--confirm", "token-1", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ state: "confirmed", device: "rack-pdu", part: "outlet/8", command: "outlet.off", reason: "too hot" });
  expect(rig.bus.submitted).toMatchObject([
    { device: "rack-pdu", part: "outlet/8", name: "outlet.off", reason: "too hot", confirm: "token-1", by: { via: "rest" } },
  ]);
});

test("drive gives a value as the text that it is, and shows it", async () => {
  await using rig = await startRig();
  expect((await cli(rig, ["drive", "rack-pdu", "outlet/8", "off", "120"])).out).toBe(
    "confirmed: rack-pdu outlet/8 outlet.off 120: it is confirmed (1 write)\n",
  );
  expect((await cli(rig, ["drive", "rack-pdu", "outlet/8", "off", "--reason", "test", "--", "-5"])).code).toBe(0);
  expect((await cli(rig, ["drive", "rack-pdu", "outlet/8", "off", ""])).code).toBe(0);
  expect((await cli(rig, ["drive", "rack-pdu", "outlet/8", "off"])).code).toBe(0);
  expect(rig.bus.submitted.map(({ value }) => value)).toEqual(["120", "-5", "", undefined]);
});

test("drive waits for a command that takes its time, and --async does not", async () => {
  await using rig = await startRig();
  const gate = Promise.withResolvers<Verdict>();
  rig.bus.answer = () => gate.promise;
  const early = await cli(rig, ["drive", "web", "chassis", "off", "--async"]);
  expect(early.code).toBe(0);
  expect(early.out).toMatch(/^running: web chassis chassis\.off: under way\nIts end: rack-power outcomes outcome-1\n$/);
  expect((await cli(rig, ["outcomes", "outcome-1", "--json"])).out).toContain('"state": "running"');
  gate.resolve({ state: "failed", fault: "denied" });
  expect((await cli(rig, ["outcomes", "outcome-1"])).out).toMatch(/outcome-1|chassis\.off +failed/);
});

test.each([
  ["a command that is none", ["drive", "rack-pdu", "outlet/8", "explode"], 2, "rack-pdu outlet/8 takes outlet.on, outlet.off, outlet.cycle\n"],
  ["a full name that is none", ["drive", "rack-pdu", "outlet/8", "outlet.explode"], 2, "there is no command outlet.explode\n"],
  ["a part that is none", ["drive", "rack-pdu", "outlet/99", "off"], 2, "rack-pdu has no part outlet/99\n"],
  ["a device that is none", ["devices", "nobody"], 2, "there is no device nobody\n"],
  ["too few words", ["drive", "rack-pdu"], 2, "error: missing required argument 'part'\n(see --help)\n"],
  ["an unknown option", ["devices", "--jsno"], 2, "error: unknown option '--jsno'\n(Did you mean --json?)\n(see --help)\n"],
  ["an unknown command", ["drvie"], 2, "there is no command drvie. Did you mean drive?\n(see --help)\n"],
] as const)("%s", async (_, words, code, err) => {
  await using rig = await startRig();
  expect(await cli(rig, words)).toEqual({ code, out: "", err });
  expect(rig.bus.submitted).toEqual([]);
});

test("a key with too small a scope is refused, a wrong one too", async () => {
  await using rig = await startRig();
  expect(await cli(rig, ["drive", "rack-pdu", "outlet/8", "outlet.off"], "read")).toMatchObject({
    code: 3,
    err: "this needs an API key with the scope control\n",
  });
  const wrong = await runCli(["devices"], { environment: { RACK_POWER_URL: rig.server.url, RACK_POWER_KEY: "wrong" } });
  expect(wrong).toEqual({ code: 3, out: "", err: "this API key is not known\n" });
});

test("accept names the label", async () => {
  await using rig = await startRig();
  expect(await cli(rig, ["accept", "rack-pdu", "outlet/8", "socket 8"])).toEqual({ code: 0, out: 'accepted: rack-pdu outlet/8 is "socket 8"\n', err: "" });
  expect(rig.bus.accepted).toEqual(["rack-pdu outlet/8 socket 8"]);
  expect((await cli(rig, ["accept", "rack-pdu", "outlet/8", "other"])).code).toBe(1);
});

test.each([
  [
    { accepted: true, problems: [] },
    { code: 0, out: "the configuration was read again\n", err: "" },
  ],
  [
    { accepted: true, problems: ["rack-power.yaml:9:13 driver: …"] },
    { code: 78, out: "the configuration was read again\nrack-power.yaml:9:13 driver: …\n", err: "" },
  ],
  [
    { accepted: false, problems: ["rack-power.yaml:1:1 mqtt: …"] },
    { code: 78, out: "", err: "the new configuration is not usable; the old one stays\n   rack-power.yaml:1:1 mqtt: …\n" },
  ],
])("reload that ends %j", async (answer, ended) => {
  await using rig = await startRig({ reload: async () => answer });
  expect(await cli(rig, ["reload"], "admin")).toEqual(ended);
  expect((await cli(rig, ["reload"], "control")).code).toBe(3);
});

test("devices as a table and as JSON", async () => {
  await using rig = await startRig();
  const { code, out } = await cli(rig, ["devices"], "read");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^DEVICE +STATE +PART +NAME +LOCK +READINGS$/);
  expect(out).toMatch(/^rack-pdu +online +outlet\/3 +NAS +locked +on yes, power 44 W, energy 0\.3 kWh$/m);
  expect(out).toMatch(/^office-ups +offline +ups +ups +status OL CHRG \(old\), charge 100 % \(old\), onBattery no \(old\)$/m);
  expect(out).toMatch(/^attic +quarantined .*rack-power\.yaml:9:13/m);
  const { out: json } = await cli(rig, ["devices", "--json"], "read");
  expect((JSON.parse(json) as readonly { readonly id: string }[]).map(({ id }) => id)).toEqual(["rack-pdu", "web", "office-ups", "attic"]);
});

test("outcomes name who asked", async () => {
  await using rig = await startRig();
  await cli(rig, ["drive", "rack-pdu", "outlet/8", "off", "--reason", "test"]);
  await cli(rig, ["drive", "web", "chassis", "chassis.on"]);
  const { out } = await cli(rig, ["outcomes", "--device", "rack-pdu", "--limit", "5"], "read");
  expect(out).toMatch(/rack-pdu +outlet\/8 +outlet\.off +confirmed +the control one +test +it is confirmed\n$/);
  expect(out.trimEnd().split("\n")).toHaveLength(2);
});

test("address and key come out of the configuration, and the smallest key that may is taken", async () => {
  await using rig = await startRig();
  const { port } = new URL(rig.server.url);
  await using folder = await makeFolder("");
  // The rig's keys are shorter than a configuration allows; padding makes them wrong, which shows which one was shown.
  const file = await folder.write(
    "rack-power.yaml",
    `rest: { listen: ":${port}", keys: [ { name: r, key: !env KEY, scopes: [read] }, { name: a, key: 0123456789abcdef, scopes: [admin] } ] }\nnonsense: 1\n`,
  );
  const environment = { KEY: keyOf.read, RACK_POWER_CONFIG: file };
  expect(keyOf.read.length).toBeGreaterThanOrEqual(16);
  expect((await runCli(["devices"], { environment })).code).toBe(0);
  expect((await runCli(["devices", "--config", file], { environment })).code).toBe(0);
  expect(await runCli(["drive", "rack-pdu", "outlet/8", "outlet.off"], { environment })).toMatchObject({ code: 3, err: "this API key is not known\n" });
  expect((await runCli(["devices", "--config", join(folder.path, "none.yaml")], { environment })).code).toBe(78);
  expect(await runCli(["devices"], { demonstration: async () => ({ controlPort: 1, config: file }), environment: { KEY: keyOf.read } })).toMatchObject({
    code: 0,
  });
});

test("the key comes out of a file, and never out of an argument", async () => {
  await using rig = await startRig();
  await using folder = await makeFolder("");
  const file = await folder.write("key", `${keyOf.read}\n`);
  expect((await runCli(["devices", "--url", `${rig.server.url}/`, "--key-file", file])).code).toBe(0);
  expect((await runCli(["devices", "--url", rig.server.url, "--key", keyOf.read])).code).toBe(2);
  expect((await runCli(["devices", "--url", rig.server.url, "--key-file", join(folder.path, "none")])).code).toBe(2);
});

test("nobody there, or somebody else", async () => {
  const environment = { RACK_POWER_URL: "http://127.0.0.1:1", RACK_POWER_KEY: "k" };
  expect(await runCli(["devices"], { environment })).toMatchObject({
    code: 75,
    out: "",
    err: expect.stringMatching(/^nothing answers at http:\/\/127\.0\.0\.1:1.*is the program running\?\n$/) as string,
  });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/stolen") response.end("{}");
    else if (request.url?.startsWith("/redirect/")) response.writeHead(302, { location: "/stolen" }).end();
    else response.end("<html>");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await runCli(["devices"], { environment: { ...environment, RACK_POWER_URL: url } })).toMatchObject({
    code: 75,
    err: `what answers at ${url} is not Rack Power\n`,
  });
  expect((await runCli(["devices"], { environment: { ...environment, RACK_POWER_URL: `${url}/redirect` } })).code).toBe(75);
  expect(asked).not.toContain("/stolen");
  server.close();
  server.closeAllConnections();
});
