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

/**
 * How long the SET took to the device by each way, each time in milliseconds. The ways take turns, so that each finds the machine as the others do:
 * how fast it is at that moment, and how deep everybody sleeps.
 */
const untilSet = async <Name extends string>(responder: Responder, ways: Readonly<Record<Name, Way>>): Promise<Readonly<Record<Name, readonly number[]>>> => {
  const names = Object.keys(ways) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let turn = 0; turn < times; turn++) {
    for (const name of names) {
      const seen = responder.nextSet();
      const start = monotonic();
      const answered = ways[name](turn);
      const time = (await seen) - start;
      if (turn >= warmUp) figures[name].push(time);
      await answered;
      await systemClock.sleep(pause);
    }
  }
  return figures;
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

/** Made before the clock runs, too. */
const byMqtt = async (broker: Broker): Promise<Way> => {
  let ended = Promise.withResolvers<string>();
  const client = await broker.listen(["rack-power/pdu/outlet/3/outcome"], (_, payload) => ended.resolve(payload.toString()));
  const topic = Buffer.from("rack-power/pdu/outlet/3/command");
  // PUBLISH, QoS 0, no properties (MQTT 5, section 3.3); short enough for a length of one byte.
  const publish = (command: string): Buffer => {
    const payload = Buffer.from(JSON.stringify({ command }));
    return Buffer.concat([Buffer.from([0x30, 2 + topic.length + 1 + payload.length, 0, topic.length]), topic, Buffer.from([0]), payload]);
  };
  const messages = [publish(commandAt(0)), publish(commandAt(1))] as const;
  return async (turn) => {
    ended = Promise.withResolvers();
    client.stream.write(messages[turn % 2]);
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
  const figures = await untilSet(responder, { rest: request, mqtt: await byMqtt(broker), datagram });
  const { rest, mqtt } = figures;
  const raw = median(figures.datagram);
  const peer = "a prepared raw datagram";
  return [
    figureOf("switch.rest", "REST request until the device sees the SET", "ms", rest, "≤ 1 ms, ≤ 8 × a raw datagram", timesAsLong(median(rest), raw, peer)),
    figureOf("switch.mqtt", "MQTT command until the device sees the SET", "ms", mqtt, "≤ 1.5 ms, ≤ 8 × a raw datagram", timesAsLong(median(mqtt), raw, peer)),
  ];
};
