import type { Session } from "#driver/contract.ts";
import type { NutConnection } from "#transport/nut/connection.ts";
import { listUpses, version } from "#transport/nut/question.ts";
import { asker } from "./ask.ts";
import type { NutOptions } from "./option.ts";

const part = "variable/ups.count";

/** A NUT server as such. Its UPSs, which are its members, are devices of their own; each poll looks whether they are still the same. */
export const openServer = (link: NutConnection, options: NutOptions): Session => {
  const ask = asker(link, options);
  let told: readonly string[] = [];
  let outdated = false;
  return {
    describe: async (signal) => {
      const [upses, line] = await Promise.all([ask(listUpses, signal), ask(version, signal)]);
      told = [...upses.keys()];
      outdated = false;
      const firmware = /\d+\.\d+\S*/.exec(line)?.[0];
      return {
        manufacturer: "Network UPS Tools",
        model: "upsd",
        ...(firmware !== undefined && { firmware }),
        members: told,
        parts: [{ id: part, points: ["variable.number"], commands: [] }],
      };
    },
    get outdated() {
      return outdated;
    },
    read: async (wanted, signal) => {
      const now = [...(await ask(listUpses, signal)).keys()];
      outdated = now.length !== told.length || now.some((name, at) => name !== told[at]);
      return wanted.some((one) => one.part === part) ? [{ part, point: "variable.number", value: now.length }] : [];
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
};
