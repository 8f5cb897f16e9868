import { setImmediate as breathe } from "node:timers/promises";
import { expect, test } from "vitest";
import { Lane } from "#transport/pwrstat/lane.ts";

interface Step {
  readonly name: string;
  readonly signal: AbortSignal;
  end(text: string): void;
}

/** A lane with jobs that end when the test says so. */
const rig = () => {
  const lane = new Lane();
  const started: Step[] = [];
  const job =
    (name: string) =>
    (signal: AbortSignal): Promise<string> =>
      new Promise((resolve) => started.push({ name, signal, end: resolve }));
  const names = (): readonly string[] => started.map(({ name }) => name);
  const end = async (place: number, text: string): Promise<void> => {
    started[place]?.end(text);
    await breathe();
  };
  return { lane, job, names, started, end };
};
const never = new AbortController().signal;
const turns = async (): Promise<void> => {
  for (let times = 0; times < 3; times++) await breathe();
};

test("two hundred who ask at once share one answer; who asks later gets a new one", async () => {
  const { lane, job, names, end } = rig();
  const answers = Array.from({ length: 200 }, () => lane.share("status", job("status"), never));
  await turns();
  expect(names()).toEqual(["status"]);
  await end(0, "first");
  expect(new Set(await Promise.all(answers))).toEqual(new Set(["first"]));
  const later = lane.share("status", job("status"), never);
  await turns();
  await end(1, "second");
  expect(await later).toBe("second");
});

test("never two at a time, in the order in which they came; a failure stops nobody behind it", async () => {
  const { lane, job, names, end } = rig();
  const all = [
    lane.share("status", job("status"), never),
    lane.run(() => Promise.reject(new Error("refused")), never).catch(String),
    lane.run(job("test"), never),
    lane.share("config", job("config"), never),
  ];
  await turns();
  expect(names()).toEqual(["status"]);
  await end(0, "a");
  await turns();
  expect(names()).toEqual(["status", "test"]);
  await end(1, "b");
  await turns();
  await end(2, "c");
  expect(await Promise.all(all)).toEqual(["a", "Error: refused", "b", "c"]);
});

test("one of two askers goes and the other gets the answer; when the last goes, the job is told to stop and keeps its place until it has", async () => {
  const { lane, job, names, started, end } = rig();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = lane.share("status", job("status"), one.signal);
  const second = lane.share("status", job("status"), two.signal);
  await turns();
  one.abort(new Error("one left"));
  await expect(first).rejects.toThrow("one left");
  expect(started[0]?.signal.aborted).toBe(false);
  two.abort(new Error("two left"));
  await expect(second).rejects.toThrow("two left");
  expect(started[0]?.signal.aborted).toBe(true);

  const next = lane.share("status", job("next"), never);
  await turns();
  expect(names()).toEqual(["status"]);
  await end(0, "too late");
  await turns();
  expect(names()).toEqual(["status", "next"]);
  await end(1, "new");
  expect(await next).toBe("new");
});

test("a job whose asker left while it waited is never begun", async () => {
  const { lane, job, names, end } = rig();
  const before = lane.run(job("before"), never);
  const gone = new AbortController();
  const waiting = lane.run(job("waiting"), gone.signal);
  await turns();
  gone.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await end(0, "done");
  await before;
  await turns();
  expect(names()).toEqual(["before"]);
});
