import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock } from "#platform/clock.ts";
import { freePort } from "../peer/port.ts";
import { until } from "../peer/until.ts";
import { type Broker, startBroker } from "./broker.ts";
import { type Figure, figureOf, median, timesAsLong } from "./figure.ts";
import { runProgram } from "./run-program.ts";
import { monotonic, type Responder, startResponder } from "./start-responder.ts";

const key = "benchmark-benchmark-benchmark";
const times = 400;
const warmUp = 150;
/** What came before is over: verified, published, the audit log on the disk. */
const pause = 10;

/** One way to have an outlet switched. Resolves when all that follows from it is over. */
type Way = (turn: number) => Promise<unknown>;

/** How long the SET took to the device, each time in milliseconds. */
const untilSet = async (responder: Responder, way: Way): Promise<readonly number[]> => {
  const figures: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    const seen = responder.nextSet();
    const start = monotonic();
    const answered = way(turn);
    figures.push((await seen) - start);
    await answered;
    await systemClock.sleep(pause);
  }
  return figures.slice(warmUp);
};

const commandAt = (turn: number): string => (turn % 2 === 0 ? "outlet.off" : "outlet.on");

/** A SET as it leaves for outlet 2, prepared once: PowerNet-MIB's rPDU2OutletSwitchedControlCommand.2 becomes 1 or 2. */
const rawSet = (to: number): Buffer =>
  Buffer.from(
    `303202010104067075626c6963a325020400c0ffee0201000201003017301506102b06010401823e01011a0902040105020201${to.toString(16).padStart(2, "0")}`,
    "hex",
  );

/** A SET of bytes that were made before, to the device itself. */
const byDatagram = async (responder: Responder): Promise<Way & AsyncDisposable> => {
  const socket = createSocket("udp4");
  socket.connect(responder.ports[0] ?? 0, "127.0.0.1");
  await once(socket, "connect");
  const way: Way = async (turn) => {
    socket.send(rawSet(1 + (turn % 2)));
    await once(socket, "message");
  };
  return Object.assign(way, { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void socket.close(resolve)) });
};

/** The request's bytes are made before the clock runs: what a client needs to make them is not ours. */
const byRest = async (port: number): Promise<Way & AsyncDisposable> => {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const request = (command: string): Buffer => {
    const body = JSON.stringify({ command });
    const head = `POST /api/v1/devices/pdu/parts/outlet/1/commands HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    return Buffer.from(`${head}\r\n\r\n${body}`);
  };
  const requests = [request(commandAt(0)), request(commandAt(1))] as const;
  const way: Way = async (turn) => {
    socket.write(requests[turn % 2] as Buffer);
    const [answer] = (await once(socket, "data")) as [Buffer];
    if (!answer.includes('"confirmed"')) throw new Error(`the command was not confirmed: ${answer.toString().slice(-400)}`);
  };
  return Object.assign(way, { [Symbol.asyncDispose]: async () => void socket.destroy() });
};

const byMqtt = async (broker: Broker): Promise<Way> => {
  let ended = Promise.withResolvers<string>();
  const client = await broker.listen(["rack-power/pdu/outlet/3/outcome"], (_, payload) => ended.resolve(payload.toString()));
  return async (turn) => {
    ended = Promise.withResolvers();
    client.publish("rack-power/pdu/outlet/3/command", JSON.stringify({ command: commandAt(turn) }));
    const outcome = await ended.promise;
    if (!outcome.includes('"confirmed"')) throw new Error(`the command was not confirmed: ${outcome}`);
  };
};

/** switch.rest and switch.mqtt: the program, the broker and the device are processes of their own. */
export const measureSwitch = async (): Promise<readonly Figure[]> => {
  await using responder = await startResponder({ count: 1, outlets: 24, columns: ["label", "power", "energy", "pending"], phase: true, changing: false });
  await using broker = await startBroker();
  const port = await freePort("tcp");
  let ready = false;
  await broker.listen(["rack-power/pdu/status"], (_, payload) => (ready ||= payload.toString() === "online"));
  await using program = await runProgram(`mqtt: { url: "${broker.url}" }
rest: { listen: "127.0.0.1:${port}", keys: [ { name: bench, key: ${key}, scopes: [control, read] } ] }
data: .
devices:
  pdu: { driver: snmp, host: 127.0.0.1, port: ${responder.ports[0]}, community: public, interval: 1h }
`);
  await until(() => ready, `the PDU is online:\n${program.process.output()}`, 15_000);
  await using datagram = await byDatagram(responder);
  await using request = await byRest(port);
  const rest = await untilSet(responder, request);
  const mqtt = await untilSet(responder, await byMqtt(broker));
  const raw = median(await untilSet(responder, datagram));
  const peer = "a prepared raw datagram";
  return [
    figureOf("switch.rest", "REST request until the device sees the SET", "ms", rest, "≤ 1 ms, ≤ 8 × a raw datagram", timesAsLong(median(rest), raw, peer)),
    figureOf("switch.mqtt", "MQTT command until the device sees the SET", "ms", mqtt, "≤ 1.5 ms, ≤ 8 × a raw datagram", timesAsLong(median(mqtt), raw, peer)),
  ];
};
