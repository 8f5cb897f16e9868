import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./debian-peer.ts";
import { type SocketDriver, type SocketDriverOptions, startSocketDriver } from "./nut-socket-driver.ts";
import { freePort } from "./port.ts";
import { type RunningProcess, startProcess } from "./process.ts";

export interface UpsdOptions {
  /** The UPSs of ups.conf, each with the driver that runs from the start; undefined for one that does not. */
  readonly upses: Readonly<Record<string, SocketDriverOptions | undefined>>;
  /** Further lines of upsd.conf, such as those for TLS; they get the folder. */
  readonly settings?: (folder: string) => Promise<string>;
}

/** A real upsd with its own configuration in a folder of its own. */
export interface Upsd extends AsyncDisposable {
  readonly port: number;
  /** The running driver of a UPS. */
  driver(ups: string): SocketDriver;
  /** Starts a driver for a UPS that has none now. */
  startDriver(ups: string, options: SocketDriverOptions): Promise<SocketDriver>;
  /** Ends upsd, with all that its clients had open. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Has it read its files again, which have these UPSs now; its clients stay. */
  reload(...upses: readonly string[]): void;
  /** Ends it and starts it with these UPSs. Drivers that run go on. */
  have(...upses: readonly string[]): Promise<void>;
}

/** `admin` may do all, `muter` only mute the beeper, `viewer` nothing; `watcher` and `boss` are for upsmon. */
const users = `[admin]
  password = "correct horse"
  actions = SET
  instcmds = ALL
[muter]
  password = mute
  instcmds = beeper.mute
[viewer]
  password = view
[watcher]
  password = watch
  upsmon secondary
[boss]
  password = boss
  upsmon primary
`;

/** What the server says to these lines and to LOGOUT, as it came; without our client. */
export const rawAnswer = (port: number, ...lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write([...lines, "LOGOUT", ""].join("\n")));
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("close", () => resolve(text)).on("error", reject);
  });

const write = (folder: string, name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });

const writeUpses = (folder: string, upses: readonly string[]): void =>
  write(folder, "ups.conf", upses.map((ups) => `[${ups}]\n  driver = rig\n  port = none\n  desc = "The \\"${ups}\\" \\\\ UPS"\n`).join(""));

const configure = async (folder: string, port: number, { upses, settings }: UpsdOptions): Promise<void> => {
  writeUpses(folder, Object.keys(upses));
  write(folder, "upsd.conf", `LISTEN 127.0.0.1 ${port}\nMAXAGE 3\nMAXCONN 1024\n${(await settings?.(folder)) ?? ""}`);
  write(folder, "upsd.users", users);
};

/** Starts the drivers first: upsd looks for those it misses only every other second. */
export const startUpsd = async (peer: Peer, options: UpsdOptions): Promise<Upsd> => {
  // A socket's path has room for 107 characters only (unix(7)).
  const folder = mkdtempSync(join(tmpdir(), "nut-"));
  const state = join(folder, "run");
  mkdirSync(state, { mode: 0o700 });
  const port = await freePort("tcp");
  await configure(folder, port, options);
  const drivers = new Map<string, SocketDriver>();
  const startDriver = async (ups: string, driver: SocketDriverOptions): Promise<SocketDriver> => {
    const started = await startSocketDriver(join(state, `rig-${ups}`), driver);
    drivers.set(ups, started);
    return started;
  };
  for (const [ups, driver] of Object.entries(options.upses)) if (driver) await startDriver(ups, driver);
  const env = { ...peer.env, NUT_CONFPATH: folder, NUT_STATEPATH: state, NUT_PIDPATH: state, NUT_ALTPIDPATH: state };
  // Without this, upsd started by root becomes the user nut, who cannot read the folder.
  const asRoot = process.getuid?.() === 0 ? ["-u", "root"] : [];
  const speaking = Object.entries(options.upses).flatMap(([ups, driver]) => (driver && !driver.mute ? [`GET VAR ${ups} ups.status`] : []));
  const ready = async (): Promise<boolean> => !(await rawAnswer(port, "LIST UPS", ...speaking)).includes("WAIT");
  const start = (): Promise<RunningProcess> => startProcess(peer.bin("upsd"), [...asRoot, "-FF"], { env, ready });
  let running = await start();
  const stop = async (): Promise<void> => await running[Symbol.asyncDispose]();
  return {
    port,
    driver: (ups) => {
      const driver = drivers.get(ups);
      if (!driver) throw new Error(`${ups} has no driver`);
      return driver;
    },
    startDriver,
    stop,
    start: async () => void (running = await start()),
    reload: (...upses) => {
      writeUpses(folder, upses);
      running.kill("SIGHUP");
    },
    have: async (...upses) => {
      await stop();
      writeUpses(folder, upses);
      running = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      for (const driver of drivers.values()) await driver[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
