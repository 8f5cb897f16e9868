import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBroker } from "#simulator/broker.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { freePort } from "./port.ts";
import { configure, listen, prepareProgram } from "./program-rig.ts";
import { until } from "./until.ts";

const variables = new Map([
  ["ups.status", "OL CHRG"],
  ["device.model", "CP1500AVRLCDa"],
  ["ups.firmware", "CTHFU2010324"],
  ["ups.realpower.nominal", "900"],
  ["ups.power.nominal", "1500"],
  ["input.voltage.nominal", "120"],
  ["battery.charge", "100"],
  ["battery.runtime", "1139"],
  ["ups.load", "36"],
  ["input.voltage", "117.2"],
  ["input.frequency", "60.0"],
  ["output.voltage", "116.9"],
]);
const status = { words: "OL CHRG" };
const office = {
  name: "office",
  description: "",
  variables: () => new Map([...variables, ["ups.status", status.words]]),
  commands: [],
  command: () => "failed" as const,
};
const device = (port: number): Readonly<Record<string, string>> => ({
  "office-ups": `driver: nut, host: 127.0.0.1, port: ${port}, ups: office, interval: 500ms`,
});

const fieldsOf = async (url: string): Promise<Readonly<Record<string, string>> | undefined> => {
  const response = await fetch(`${url}/pwrstat`);
  return response.ok ? ((await response.json()) as Readonly<Record<string, string>>) : undefined;
};

test("a UPS behind a NUT server, in the forerunner's words, through its whole life", async () => {
  const nut = await startNutServer({ host: "127.0.0.1", users: [], upses: () => [office] });
  await using broker = await startBroker({ host: "127.0.0.1" });
  const [rest, prometheus] = [await freePort("tcp"), await freePort("tcp")];
  const compat = (more = ""): string =>
    [
      `mqtt: { url: mqtt://127.0.0.1:${broker.port} }`,
      "compat:",
      "  pwrstat:",
      "    device: office-ups",
      `    rest: { listen: "127.0.0.1:${rest}" }`,
      `    prometheus: { listen: "127.0.0.1:${prometheus}", labels: { rack: "0" } }`,
      `    mqtt: { topic: sensors/ups, refresh: 1${more} }`,
    ].join("\n");
  await using program = await prepareProgram((port) => configure(port, device(nut.port), compat()));
  await using seen = await listen(`mqtt://127.0.0.1:${broker.port}`);
  await program.start();
  const url = `http://127.0.0.1:${rest}`;
  const first = await until(() => fieldsOf(url), "the status");
  expect(first).toMatchObject({
    "Battery Capacity": "100 %",
    "Firmware Number": "CTHFU2010324",
    Load: "324 Watt(36 %)",
    "Model Name": "CP1500AVRLCDa",
    "Output Voltage": "117 V",
    "Power Supply by": "Utility Power",
    "Rating Power": "900 Watt(1500 VA)",
    "Rating Voltage": "120 V",
    "Remaining Runtime": "18 min",
    State: "Normal",
    "Utility Frequency": "60.0 Hz",
    "Utility Voltage": "117 V",
  });
  await until(() => seen.last("sensors/ups/availability") === "online" && seen.last("sensors/ups") !== undefined, "the message");
  expect(JSON.parse(seen.last("sensors/ups") ?? "{}")).toEqual(first);
  expect(await (await fetch(`http://127.0.0.1:${prometheus}/`)).text()).toContain('pwrstat_status_load_watts{rack="0"} 324.0\n');
  const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(`${url}/pwrstat`).then(({ status: code }) => code)));
  expect(answers.filter((code) => code === 200)).toHaveLength(200);

  status.words = "OB DISCHRG";
  await until(async () => (await fieldsOf(url))?.["State"] === "Power Failure", "the mains are gone");
  await nut[Symbol.asyncDispose]();
  await until(async () => (await fieldsOf(url)) === undefined, "the server is gone");
  await until(() => seen.last("sensors/ups/availability") === "offline", "said on the topic");
  const last = seen.messages.filter(({ topic }) => topic === "sensors/ups").length;
  status.words = "OL";
  await using _again = await startNutServer({ host: "127.0.0.1", port: nut.port, users: [], upses: () => [office] });
  await until(async () => (await fieldsOf(url))?.["State"] === "Normal", "back, without a restart");
  await until(() => seen.messages.filter(({ topic }) => topic === "sensors/ups").length > last, "sent again");

  program.write(configure(program.port, device(nut.port), compat(", availability: none")));
  expect((await program.ask("/api/v1/reload", { method: "POST" })).status).toBe(200);
  await until(() => fieldsOf(url), "it goes on at the same address");
  program.write(configure(program.port, device(nut.port)));
  expect((await program.ask("/api/v1/reload", { method: "POST" })).status).toBe(200);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
  expect((await program.ask("/api/v1/health")).status).toBe(200);
  expect(await program.kill("SIGTERM")).toBe(0);
});

test("what is wrong with it is told with its place, and an address that is taken keeps nothing else from running", async () => {
  const wrong = ["compat:", "  pwrstat:", "    device: ofice-ups", "    rest: { listen: 127.0.0.1:70000, tls: { cert: no.pem } }", "    topic: x"].join("\n");
  await using program = await prepareProgram((port) => configure(port, device(1), wrong));
  expect(await program.end()).toBe(78);
  const told = program.output().replaceAll(`${program.folder}/`, "");
  expect(told).toContain('rack-power.yaml:5:13: compat.pwrstat.device: is no device of this file. Did you mean "office-ups"?\n');
  expect(told).toContain("rack-power.yaml:6:21: compat.pwrstat.rest.listen: is no address and port");
  expect(told).toContain("rack-power.yaml:6:38: compat.pwrstat.rest.tls.key: is missing");
  expect(told).toContain("rack-power.yaml:6:51: compat.pwrstat.rest.tls.cert: there is no such file, or it cannot be read");
  expect(told).toContain("rack-power.yaml:7:5: compat.pwrstat.topic: unknown key; expected device, exact, rest, mqtt or prometheus");
  // A certificate that is none, and the address of the program's own API: both only when it runs.
  for (const name of ["cert.pem", "key.pem"]) writeFileSync(join(program.folder, name), "no certificate\n");
  const clash = (port: number): string =>
    `compat: { pwrstat: { device: office-ups, rest: { listen: "127.0.0.1:0", tls: { cert: cert.pem, key: key.pem } }, prometheus: { listen: "127.0.0.1:${port}" } } }`;
  program.write(configure(program.port, device(1), clash(program.port)));
  await program.start();
  const problems = await until(async () => {
    const all = (await program.ask("/api/v1/health")).body["problems"] as readonly string[];
    const ours = all.filter((problem) => problem.startsWith("compat.pwrstat: "));
    return ours.length > 0 && ours;
  }, "what is wrong");
  expect(problems).toEqual([
    expect.stringContaining("rest cannot use its certificate or key: ") as string,
    `compat.pwrstat: prometheus cannot listen at 127.0.0.1:${program.port}: another program has it`,
  ]);
});
