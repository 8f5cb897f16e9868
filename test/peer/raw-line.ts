import { connect, type Socket } from "node:net";

/** A connection by which a test says what no client would. */
export interface RawLine {
  readonly socket: Socket;
  /** All that has come so far. */
  text(): string;
  closed(): boolean;
}

/** Connects to 127.0.0.1, and says `first` as it is. */
export const dial = (port: number, first = ""): RawLine => {
  const socket = connect({ host: "127.0.0.1", port });
  let text = "";
  let closed = false;
  socket
    .setEncoding("utf8")
    .on("data", (piece: string) => (text += piece))
    .on("close", () => (closed = true))
    .on("error", () => undefined);
  if (first !== "") socket.write(first);
  return { socket, text: () => text, closed: () => closed };
};
