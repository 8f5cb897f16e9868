import { once } from "node:events";
import { connect } from "node:net";
import { debianPackages } from "../peer/debian-peer.ts";
import { rawAnswer, startUpsd } from "../peer/nut-server-rig.ts";
import { freePort } from "../peer/port.ts";
import { until } from "../peer/until.ts";
import { type Figure, figureOf, median, timesAsLong } from "./figure.ts";
import { runProgram } from "./run-program.ts";

const rounds = 12;
const warmUp = 3;
const requests = 4000;
/** So many questions lie before a server at any time: alone, each list of upsd's would wait 45 ms for a delayed acknowledgement. */
const window = 64;
const ups = "office";

/** As many as a middling UPS has. */
const variables: Readonly<Record<string, string>> = {
  "ups.status": "OL CHRG",
  "device.mfr": "Rig",
  "device.model": "RigUPS 1500",
  "device.serial": "R1",
  "device.type": "ups",
  "driver.name": "rig",
  "ups.mfr": "Rig",
  "ups.model": "RigUPS 1500",
  "ups.serial": "R1",
  "battery.charge": "87",
  "battery.runtime": "1820",
  "battery.voltage": "27.1",
  "input.voltage": "231.4",
  "input.frequency": "50.0",
  "output.voltage": "230.1",
  "output.frequency": "50.0",
  "ups.load": "23",
  "ups.beeper.status": "enabled",
  "ups.test.result": "Done and passed",
  ...Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`input.transfer.low.${at}`, String(160 + at)])),
};

const end = Buffer.from(`END LIST VAR ${ups}\n`);

/** How many ends of lists are in a chunk; `rest`: what may be the beginning of one. */
const count = (chunk: Buffer): { readonly ends: number; readonly rest: Buffer } => {
  let ends = 0;
  let at = 0;
  for (let found = chunk.indexOf(end); found >= 0; found = chunk.indexOf(end, at)) {
    ends++;
    at = found + end.length;
  }
  return { ends, rest: chunk.subarray(Math.max(at, chunk.length - end.length + 1)) };
};

/** Requests in a second, of a client that always has the same number of them under way. */
const speed = async (port: number): Promise<number> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const ask = (number: number): void => void socket.write(`LIST VAR ${ups}\n`.repeat(number));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asked = window;
  let done = 0;
  let rest: Buffer = Buffer.alloc(0);
  socket.on("error", reject).on("data", (chunk: Buffer) => {
    const counted = count(Buffer.concat([rest, chunk]));
    rest = counted.rest;
    done += counted.ends;
    if (done >= requests) return resolve();
    const more = Math.min(counted.ends, requests - asked);
    asked += more;
    if (more > 0) ask(more);
  });
  const start = performance.now();
  ask(window);
  await promise;
  const taken = performance.now() - start;
  socket.destroy();
  return requests / (taken / 1000);
};

/** nutserver.list: the program, upsd behind it, and this client are processes of their own. */
export const measureNutServer = async (): Promise<readonly Figure[]> => {
  const peer = await debianPackages("nut-server");
  if (!peer.ok) throw new Error(`without upsd there is nobody to compare with: ${peer.why}`);
  await using upsd = await startUpsd(peer, { upses: { [ups]: { variables } } });
  const port = await freePort("tcp");
  await using _program = await runProgram(`nutServer: { listen: "127.0.0.1:${port}" }
data: .
devices:
  ${ups}: { driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: ${ups} }
`);
  const list = (of: number): Promise<string> => rawAnswer(of, `LIST VAR ${ups}`);
  const theirs = await list(upsd.port);
  await until(async () => (await list(port)) === theirs, "both answer the same, to the last byte");
  const figures: { readonly ours: number[]; readonly theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    const both = { theirs: await speed(upsd.port), ours: await speed(port) };
    if (round < warmUp) continue;
    figures.ours.push(both.ours);
    figures.theirs.push(both.theirs);
  }
  return [
    figureOf(
      "nutserver.list",
      `LIST VAR of a UPS with ${Object.keys(variables).length} variables, ${window} under way`,
      "1/s",
      figures.ours,
      "≥ 1 × upsd",
      timesAsLong(median(figures.ours), median(figures.theirs), "upsd, the same bytes"),
    ),
  ];
};
