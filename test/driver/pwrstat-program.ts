import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { common, configuration, printed } from "./pwrstat-text.ts";

/** What it prints at first; `testing` is its status after a test was asked for, `config-on` and `-off` its configuration after the alarm was set. */
const answers = {
  status: printed(common),
  testing: printed({ ...common, "Test Result": "In progress" }),
  config: configuration("On"),
  "config-on": configuration("On"),
  "config-off": configuration("Off"),
  test: 'The UPS test is initiated, checking the result by command "pwrstat -status".\n',
  alarm: "Setup configuration successful.\n",
  mute: "Setup configuration successful.\n",
} as const;

/** A program that is called as `pwrstat` and prints what lies in files beside it. */
export interface FakeProgram extends AsyncDisposable {
  readonly path: string;
  prints(what: keyof typeof answers, text: string): Promise<void>;
  /** From now on it says nothing, starts another program, and listens to no polite signal. */
  hangs(): Promise<void>;
  works(): Promise<void>;
  /** From now on it takes 0.2 s. */
  dawdles(): Promise<void>;
  /** Its arguments, a text for each call; and the ids of its processes. */
  calls(): Promise<readonly string[]>;
  pids(): Promise<readonly number[]>;
  /** True when two ran at the same time at any moment. */
  overlapped(): Promise<boolean>;
}

const script = `#!/bin/sh
here=$(dirname "$0")
echo "$$" >> "$here/pids"
echo "$*" >> "$here/calls"
mkdir "$here/running" 2>/dev/null || touch "$here/overlapped"
if [ -e "$here/hang" ]; then trap '' TERM HUP INT; sleep 600 & echo $! >> "$here/pids"; wait; fi
[ -e "$here/slow" ] && sleep 0.2
case "$1" in
  -status|-config) cat "$here/\${1#-}" ;;
  -test) cp "$here/testing" "$here/status"; cat "$here/test" ;;
  -alarm) [ "$2" = on ] && cp "$here/config-on" "$here/config" || cp "$here/config-off" "$here/config"; cat "$here/alarm" ;;
  -mute) cat "$here/mute" ;;
esac
rmdir "$here/running"
`;

const lines = async (path: string): Promise<readonly string[]> => (await readFile(path, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

export const createProgram = async (): Promise<FakeProgram> => {
  const folder = await mkdtemp(join(tmpdir(), "pwrstat-"));
  const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const path = join(folder, "pwrstat");
  await writeFile(path, script, { mode: 0o755 });
  await Promise.all(Object.entries(answers).map(([name, text]) => put(name, text)));
  return {
    path,
    prints: put,
    hangs: () => put("hang", ""),
    dawdles: () => put("slow", ""),
    works: async () => {
      await rm(join(folder, "hang"), { force: true });
      await rm(join(folder, "running"), { force: true, recursive: true });
    },
    calls: () => lines(join(folder, "calls")),
    pids: async () => (await lines(join(folder, "pids"))).map(Number),
    overlapped: async () => (await readdir(folder)).includes("overlapped"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
