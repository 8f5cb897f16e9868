import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { expect, test } from "vitest";
import { answerFields } from "#transport/pwrstat/field.ts";
import { askSocket } from "#transport/pwrstat/socket.ts";
import { faultOf } from "#test/peer/nut-open.ts";
import { until } from "#test/peer/until.ts";
import { answerOf, type Daemon, full, startDaemon } from "./pwrstat-double.ts";

const never = new AbortController().signal;
const ask = (daemon: Daemon, signal = never): Promise<string> => askSocket(daemon.path, "STATUS", signal);

test("asks as the daemon wants it, understands all of the answer, and leaves no connection behind", async () => {
  await using daemon = await startDaemon();
  const fields = answerFields(await ask(daemon));
  expect(daemon.asked).toEqual(["STATUS\n\n"]);
  expect(fields.size).toBe(Object.keys(full).length);
  expect(fields.get("model_name")).toBe("CP 1500C");
  expect(fields.get("power_event_during")).toBe("3 sec.");
  await until(() => daemon.open === 0, "the connection was closed");
});

test("an answer that comes byte by byte is the same one", async () => {
  await using daemon = await startDaemon();
  const whole = await ask(daemon);
  daemon.reply = (socket) => {
    void (async () => {
      for (const byte of answerOf(full)) {
        socket.write(byte);
        await breathe();
      }
    })();
  };
  expect(await ask(daemon)).toBe(whole);
});

test.for([
  ["closed with nothing said", "", "unreachable", "closed without an answer"],
  ["broken off in the middle of a line", "STATUS\nstate=0\nload=105", "malformed", "broke off"],
  ["broken off between two lines", "STATUS\nstate=0\nload=10500\n", "malformed", "broke off"],
  ["without an end", "x".repeat(1_000_000), "malformed", "more than pwrstatd ever says"],
] as const)("an answer %s", async ([, text, kind, words]) => {
  await using daemon = await startDaemon();
  daemon.reply = (socket) => void socket.end(text);
  expect(await faultOf(ask(daemon))).toMatchObject({ kind, message: expect.stringContaining(words) as string });
  await until(() => daemon.open === 0, "the connection was closed");
});

test("somebody else's answer is malformed", async () => {
  for (const text of ["HTTP/1.1 400 Bad Request\r\n\r\n", "STATUS\n\n", "ERROR\nstate=0\n\n", "\n\n"]) {
    await using daemon = await startDaemon();
    daemon.reply = (socket) => void socket.write(text);
    const read = async (): Promise<unknown> => answerFields(await ask(daemon));
    expect(await faultOf(read()), text).toMatchObject({ kind: "malformed", message: "What answers on the socket is not pwrstatd" });
  }
});

test.concurrent("a daemon that is silent, or stops in the middle, is given five seconds", async () => {
  await using silent = await startDaemon();
  silent.reply = () => undefined;
  await using slow = await startDaemon();
  slow.reply = (socket) => void socket.write("STATUS\nstate=0\n");
  const faults = await Promise.all([faultOf(ask(silent)), faultOf(ask(slow))]);
  expect(faults.map(({ kind }) => kind)).toEqual(["timeout", "timeout"]);
  await until(() => silent.open + slow.open === 0, "the connections were closed");
});

test("whoever asked can stop waiting, before and meanwhile", async () => {
  await using daemon = await startDaemon();
  daemon.reply = () => undefined;
  await expect(ask(daemon, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  const stop = new AbortController();
  const answer = ask(daemon, stop.signal);
  await until(() => daemon.asked[daemon.asked.length - 1] === "STATUS\n\n", "the question came");
  stop.abort(new Error("stopped"));
  await expect(answer).rejects.toThrow("stopped");
  await until(() => daemon.open === 0, "the connection was closed");
});

test("what is wrong with a socket is said", async () => {
  const daemon = await startDaemon();
  await using rest = daemon;
  const folder = dirname(daemon.path);
  const file = join(folder, "file");
  await writeFile(file, "");
  // A process that is killed leaves its socket behind; a mounted one stays that of a daemon which has been started anew.
  const stale = join(folder, "stale.ipc");
  spawnSync(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`]);
  const says = async (path: string): Promise<string> => {
    const { kind, message } = await faultOf(askSocket(path, "STATUS", never));
    return `${kind}: ${message.replace(folder, "")}`;
  };
  expect(await says(join(folder, "none"))).toBe(
    "unreachable: The socket /none cannot be used: it is not there; pwrstatd does not run, or its socket is not mounted here",
  );
  expect(await says(stale)).toMatch(/^unreachable: The socket \/stale.ipc cannot be used: nobody listens there any more/);
  expect(await says(file)).toMatch(/^unreachable/);
  expect(await says(join(file, "deeper"))).toMatch(/^unreachable: .*it is not there/);
  expect(rest.asked).toEqual([]);
});

test.runIf(process.getuid?.() === 0)("a socket that this user may not use is denied", async () => {
  await using daemon = await startDaemon();
  const program = `
    process.setuid(65534);
    const { askSocket } = await import("#transport/pwrstat/socket.ts");
    await askSocket(process.argv[1], "STATUS", new AbortController().signal).catch(({ kind, message }) => console.log(kind, message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program, daemon.path], { encoding: "utf8" });
  expect(stdout + stderr).toMatch(/^denied The socket .* cannot be used: this program's user may not use it$/m);
});
