import { createSocket } from "node:dgram";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

// Devices gone mad, as a process of its own: whoever asks one of them by UDP gets garbage from then on and without an end, and whoever connects
// gets lines that are none. It prints its ports, and every second how many datagrams and bytes it has sent.

const burst = 40;
const pause = 10;
let datagrams = 0;
let bytes = 0;

/** Looks like SNMP, like RMCP+ and like nothing, by turns. */
const garbage = [
  Buffer.from("302902010104067075626c6963a21c0204", "hex"),
  Buffer.from("0600ff0706c00000000000000000ffff", "hex"),
  Buffer.alloc(1200, 0x30),
] as const;

const flood = async (): Promise<number> => {
  const socket = createSocket("udp4");
  let victim: { readonly port: number; readonly address: string } | undefined;
  socket.on("message", (_datagram, from) => void (victim = from)).on("error", () => undefined);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  setInterval(() => {
    for (let count = 0; victim && count < burst; count++)
      socket.send(garbage[datagrams++ % garbage.length] ?? "", victim.port, victim.address, () => undefined);
  }, pause);
  return socket.address().port;
};

const spill = (socket: Socket): void => {
  const text = 'VAR office nonsense "\nBEGIN LIST\n'.repeat(200);
  while (!socket.destroyed && socket.write(text)) bytes += text.length;
};
const lines = createServer((socket) => {
  const timer = setInterval(() => spill(socket), pause);
  socket.on("error", () => undefined).on("close", () => clearInterval(timer));
}).listen(0, "127.0.0.1");
await once(lines, "listening");

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
say(`ports ${await flood()} ${await flood()} ${(lines.address() as AddressInfo).port}`);
setInterval(() => say(`sent ${datagrams} ${bytes}`), 1000);
