import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Rack } from "./rack.ts";

const help = ["mains off | on", "outlet NUMBER off | on | cycle", "status"] as const;

const outletLines = ({ pdu }: Rack): readonly string[] =>
  pdu.outlets
    .filter(({ label, on, watts, number }) => watts > 0 || !on || label !== `Outlet ${number}`)
    .map(({ number, label, on, pending, watts }) => `outlet ${number}: ${label}, ${pending ? "cycling" : on ? "on" : "off"}, ${Math.round(watts)} W`);

/** What a person wants to see, one thing on each line. */
export const rackStatus = (rack: Rack): readonly string[] => [
  `mains: ${rack.mains ? "on" : "off"}`,
  ...rack.upses.map((ups) => `ups ${ups.name}: ${ups.variables().get("ups.status") ?? "?"}, ${(ups.charge * 100).toFixed(0)} %`),
  ...outletLines(rack),
  ...rack.servers.map((server) => `server ${server.name}: ${server.on ? "on" : "off"}, ${Math.round(server.watts)} W, on outlet ${server.outlet}`),
];

/** Carries out one line of text and gives the lines of the answer; the first of a refusal begins with `ERR`. */
export const obey = (rack: Rack, line: string): readonly string[] => {
  const [what, ...rest] = line.trim().toLowerCase().split(/\s+/);
  if (what === "status" && rest.length === 0) return rackStatus(rack);
  if (what === "mains" && rest.length === 1 && (rest[0] === "on" || rest[0] === "off")) {
    rack.mains = rest[0] === "on";
    return [`mains: ${rest[0]}`];
  }
  const [digits = "", to] = rest;
  if (what === "outlet" && rest.length === 2 && /^\d{1,3}$/.test(digits) && (to === "on" || to === "off" || to === "cycle")) {
    const number = Number(digits);
    if (!rack.pdu.outlets.some((outlet) => outlet.number === number)) return [`ERR there is no outlet ${number}`];
    rack.pdu.switch(number, to);
    return [`outlet ${number}: ${to}`];
  }
  return ["ERR expected one of", ...help];
};

export interface RackControl extends AsyncDisposable {
  readonly port: number;
}

/** A line longer than this is no command. */
const longestLine = 200;

const serve = (socket: Socket, rack: Rack): void => {
  let rest = "";
  socket.setEncoding("utf8").on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) return void socket.destroy();
    // An empty line ends each answer.
    for (const line of lines) if (line.trim() !== "") socket.write(`${obey(rack, line).join("\n")}\n\n`);
  });
};

/** Lets a person, or `rack-power simulate`, pull the mains and switch outlets of the simulated rack: one command a line, on loopback only. */
export const startRackControl = async (rack: Rack): Promise<RackControl> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, rack);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
