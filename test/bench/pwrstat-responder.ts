import { startDaemon } from "../transport/pwrstat-double.ts";

/** Where the daemon's double listens, told to the parent. */
export interface DaemonMessage {
  readonly path: string;
}

const daemon = await startDaemon();
process.on("disconnect", () => void daemon[Symbol.asyncDispose]());
process.send?.({ path: daemon.path } satisfies DaemonMessage);
