import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startBroker } from "./broker.ts";
import { type Figure, figureOf } from "./figure.ts";
import { runProgram } from "./run-program.ts";

const times = 9;

/** start: the program as a user starts it, with the demonstration's devices in another process. `program` can be a bundle of it. */
export const measureStart = async (program?: string): Promise<readonly Figure[]> => {
  const rack = fork(join(import.meta.dirname, "simulated-rack.ts"));
  using _rack = { [Symbol.dispose]: () => rack.disconnect() };
  const [configuration] = (await once(rack, "message")) as [string];
  const figures: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    await using broker = await startBroker();
    const first = Promise.withResolvers<number>();
    const filters = ["office-ups", "rack-ups", "rack-pdu", "web", "db"].map((device) => `rack-power/${device}/+/#`);
    await broker.listen(filters, () => first.resolve(performance.now()));
    await using running = await runProgram(configuration.replace(/^mqtt: .*$/m, `mqtt: { url: "${broker.url}" }`), program);
    const ended = running.process.ended.then(() => Promise.reject(new Error(`the program ended:\n${running.process.output()}`)));
    figures.push((await Promise.race([first.promise, ended])) - running.startedAt);
    ended.catch(() => undefined);
  }
  return [
    figureOf("start", "process start until the first state of a device is at mosquitto", "ms", figures.slice(1), "≤ 1 s", "no peer: nothing else does this"),
  ];
};
