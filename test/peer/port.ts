import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

const given = new Set<string>();

const ask = async (kind: "tcp" | "udp"): Promise<number> => {
  if (kind === "tcp") {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
};

/** A port of 127.0.0.1 that was free a moment ago, for servers that cannot bind 0 and say what they got. None is given twice by one process. */
export const freePort = async (kind: "tcp" | "udp"): Promise<number> => {
  for (;;) {
    const port = await ask(kind);
    if (given.has(`${kind}${port}`)) continue;
    given.add(`${kind}${port}`);
    return port;
  }
};
