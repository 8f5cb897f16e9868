import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const given = new Set<string>();
const lowest = 10_000;

/**
 * The system takes a port for every outgoing connection out of this range (Linux, ip(7), ip_local_port_range): one that is free now may carry somebody's
 * connection when the server binds it. Hundreds of connections a second run beside each other here, so ports come from below.
 */
const ephemeral = (): number => {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
  } catch {
    return 32_768;
  }
};
const highest = Math.max(lowest + 10_000, ephemeral());

const isFree = async (kind: "tcp" | "udp", port: number): Promise<boolean> => {
  const server = kind === "tcp" ? createServer().listen(port, "127.0.0.1") : createSocket("udp4").bind(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return true;
};

/** A port of 127.0.0.1 that is free, for servers that cannot bind 0 and say what they got. None is given twice by one process. */
export const freePort = async (kind: "tcp" | "udp"): Promise<number> => {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(`${kind}${port}`) || !(await isFree(kind, port))) continue;
    given.add(`${kind}${port}`);
    return port;
  }
};
