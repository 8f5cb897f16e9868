import { describe, expect, test } from "vitest";
import { EndpointQueue, type Priority } from "#engine/queue.ts";

const held = (): { work: () => Promise<void>; release: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, release: resolve };
};
const never = new AbortController().signal;

describe("the queue of an endpoint", () => {
  test("lets commands overtake reads, and reads that a command waits for overtake polls", async () => {
    const queue = new EndpointQueue(1);
    const order: string[] = [];
    const first = held();
    const running = queue.run("a", "poll", first.work, never);
    const jobs = (["poll", "poll", "verify", "command"] as const).map((priority: Priority, index) =>
      queue.run("a", priority, async () => void order.push(`${priority}${index}`), never),
    );
    first.release();
    await Promise.all([running, ...jobs]);
    expect(order).toEqual(["command3", "verify2", "poll0", "poll1"]);
  });

  test("lets a poll through after some dozen commands have overtaken it, however many wait", async () => {
    const queue = new EndpointQueue(1);
    let polledAfter = Number.POSITIVE_INFINITY;
    let commands = 0;
    const first = held();
    const running = queue.run("a", "poll", first.work, never);
    const poll = queue.run("a", "poll", async () => void (polledAfter = commands), never);
    const command = async (): Promise<void> => {
      // Before it ends, the next one waits already: without fairness the poll would never come.
      if (++commands < 100) jobs.push(queue.run("a", "command", command, never));
    };
    const jobs = [queue.run("a", "command", command, never)];
    first.release();
    await Promise.all([running, poll]);
    for (const job of jobs) await job;
    expect(commands).toBe(100);
    expect(polledAfter).toBeGreaterThan(5);
    expect(polledAfter).toBeLessThan(30);
  });

  test("runs as many side by side as the endpoint takes, never two of one device", async () => {
    const queue = new EndpointQueue(3);
    let [now, most] = [0, 0];
    const perDevice = new Map<string, number>();
    const job = (device: string) => async (): Promise<void> => {
      most = Math.max(most, ++now);
      perDevice.set(device, (perDevice.get(device) ?? 0) + 1);
      expect(perDevice.get(device)).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      perDevice.set(device, 0);
      now--;
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => `d${Math.floor(index / 5)}`).map((device) => queue.run(device, "poll", job(device), never)));
    expect(most).toBe(3);
  });

  test("drops a job that is given up while it waits, and goes on after one that fails", async () => {
    const queue = new EndpointQueue(1);
    const first = held();
    const running = queue.run("a", "poll", first.work, never);
    const giveUp = new AbortController();
    let started = false;
    const waiting = queue.run("a", "poll", async () => void (started = true), giveUp.signal);
    giveUp.abort(new Error("given up"));
    await expect(waiting).rejects.toThrow("given up");
    const failing = queue.run("a", "poll", () => Promise.reject(new Error("broken")), never);
    first.release();
    await running;
    await expect(failing).rejects.toThrow("broken");
    expect(await queue.run("a", "poll", async () => 7, never)).toBe(7);
    expect(started).toBe(false);
  });
});
