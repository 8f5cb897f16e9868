import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { systemClock } from "#platform/clock.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { pwrstatDocker, startForerunner } from "../peer/compat-pwrstat-forerunner.ts";
import { freePort } from "../peer/port.ts";
import { until } from "../peer/until.ts";
import { type Figure, figureOf, median, p99, timesLess } from "./figure.ts";
import { runProgram } from "./run-program.ts";

const parallel = 200;
const rounds = 40;
const warmUp = 10;
const goal = "p99 ≤ 20 ms, ratio ≥ 50";
const question = "GET /pwrstat HTTP/1.1\r\nHost: bench\r\n\r\n";

const variables = new Map(
  Object.entries({
    "ups.status": "OL CHRG",
    "device.model": "CP1500AVRLCDa",
    "ups.firmware": "CTHFU2010324",
    "ups.realpower.nominal": "900",
    "battery.charge": "100",
    "battery.runtime": "1139",
    "ups.load": "36",
    "input.voltage": "117.2",
    "output.voltage": "116.9",
  }),
);

/** One question on a connection that stays open; milliseconds until its whole answer is there. */
const askOn = (socket: Socket): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    let heard = "";
    const hear = (chunk: string): void => {
      heard += chunk;
      if (!heard.endsWith("}\n")) return;
      socket.off("data", hear);
      if (heard.startsWith("HTTP/1.1 200 ") && heard.includes('"State":"Normal"')) resolve(performance.now() - start);
      else reject(new Error(heard));
    };
    socket.on("data", hear).write(question);
  });

/** The same on a connection of its own, as the forerunner ends each. */
const askAnew = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    request(`${url}/pwrstat`, { agent: false }, (response) => {
      response.resume().on("end", () => (response.statusCode === 200 ? resolve(performance.now() - start) : reject(new Error(String(response.statusCode)))));
    })
      .on("error", reject)
      .end();
  });

const all = (ask: (at: number) => Promise<number>): Promise<readonly number[]> => Promise.all(Array.from({ length: parallel }, (_, at) => ask(at)));

/** Of each round what all but two of the two hundred waited at most. */
const ours = async (): Promise<readonly number[]> => {
  const ups = { name: "office", description: "", variables: () => variables, commands: [], command: () => "failed" as const };
  await using nut = await startNutServer({ host: "127.0.0.1", users: [], upses: () => [ups] });
  const port = await freePort("tcp");
  await using _program = await runProgram(
    [
      "devices:",
      // As often as it goes, so that a read is under way most of the time.
      `  office: { driver: nut, host: 127.0.0.1, port: ${nut.port}, ups: office, interval: 200ms }`,
      `compat: { pwrstat: { device: office, rest: { listen: "127.0.0.1:${port}" } } }`,
    ].join("\n"),
  );
  await until(async () => (await fetch(`http://127.0.0.1:${port}/pwrstat`)).ok, "the status");
  const sockets = Array.from({ length: parallel }, () => connect(port, "127.0.0.1").setEncoding("utf8").setNoDelay());
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const taken = await all((at) => askOn(sockets[at] as Socket));
    if (round >= warmUp) times.push(p99(taken));
    await systemClock.sleep(30);
  }
  for (const socket of sockets) socket.destroy();
  return times;
};

const text = `\tState........................ Normal\n\tPower Supply by.............. Utility Power\n\tLoad......................... 324 Watt(36 %)\n`;

/** Three rounds are enough of it: it starts a program for each of the requests. */
const theirs = async (): Promise<readonly number[] | string> => {
  const peer = await pwrstatDocker();
  if (!peer.ok) return peer.why;
  await using old = await startForerunner(peer);
  // Not before: at its start it falls over a status that lacks a field.
  old.print(text);
  await all(() => askAnew(old.url));
  const times: number[] = [];
  for (let round = 0; round < 3; round++) times.push(p99(await all(() => askAnew(old.url))));
  return times;
};

/** pwrstat.rest: what two hundred who ask at once wait. */
export const measurePwrstatRest = async (): Promise<readonly Figure[]> => {
  const times = await ours();
  const peer = await theirs();
  const what = `${parallel} parallel GET /pwrstat while the UPS is read, each until its whole answer; p99 of the ${parallel}`;
  const compared = typeof peer === "string" ? peer : timesLess(median(times), median(peer), "pwrstat_docker, which starts a program for each");
  return [figureOf("pwrstat.rest", what, "ms", times, goal, compared)];
};
