import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the daemon answers, in its order; which keys there are depends on the model. Volts, watts and load times 1000. */
export const answerOf = (fields: Readonly<Record<string, string>>): string =>
  `STATUS\n${Object.entries(fields)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("")}\n`;

/** A line-interactive model with everything that was seen on such. */
export const full = {
  state: "0",
  model_name: " CP 1500C",
  firmware_num: "BFE5107.B23",
  battery_volt: "24000",
  input_rating_volt: "120000",
  output_rating_watt: "900000",
  avr_supported: "yes",
  online_type: "no",
  diagnostic_result: "1",
  diagnostic_date: "2026/03/19 15:05:30",
  power_event_result: "2",
  power_event_date: "2026/11/07 12:02:43",
  power_event_during: "3 sec.",
  battery_remainingtime: "3030",
  battery_charging: "yes",
  battery_discharging: "no",
  ac_present: "yes",
  boost: "no",
  buck: "no",
  utility_volt: "121500",
  output_volt: "119000",
  load: "10500",
  battery_capacity: "97",
} as const;

/** The same with its cable pulled: what was measured is gone, what was told before stays. */
export const lost = {
  state: "5",
  model_name: full.model_name,
  diagnostic_result: "1",
  diagnostic_date: full.diagnostic_date,
  power_event_result: "0",
} as const;

export interface Daemon extends AsyncDisposable {
  readonly path: string;
  /** What came in, one text for each connection. */
  readonly asked: readonly string[];
  /** How many connections there are now, and were at most. */
  readonly open: number;
  readonly most: number;
  reply: (socket: Socket) => void;
}

/**
 * Stands for `pwrstatd`: takes `STATUS` and an empty line, answers with `fields`, and leaves the connection open, as it does. Written from
 * what public clients of it say; the daemon itself is not free. `reply` can be set to anything worse.
 */
export const startDaemon = async (fields: Readonly<Record<string, string>> = full): Promise<Daemon> => {
  const folder = await mkdtemp(join(tmpdir(), "pwrstatd-"));
  const path = join(folder, "pwrstatd.ipc");
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let most = 0;
  const daemon = {
    path,
    asked,
    get open() {
      return sockets.size;
    },
    get most() {
      return most;
    },
    reply: (socket: Socket): void => void socket.write(answerOf(fields)),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    const place = asked.push("") - 1;
    socket.setEncoding("utf8").on("data", (chunk) => {
      asked[place] += String(chunk);
      if (asked[place]?.endsWith("\n\n")) daemon.reply(socket);
    });
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await once(server.listen(path), "listening");
  return daemon;
};
