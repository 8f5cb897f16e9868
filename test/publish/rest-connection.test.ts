import { expect, test } from "vitest";
import { dial } from "#test/peer/raw-line.ts";
import { until } from "#test/peer/until.ts";
import { startRig } from "./rest-rig.ts";

test("what is no request is answered with a problem and hung up", async () => {
  await using rig = await startRig();
  for (const [bytes, status] of [
    ["HELLO\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
  ] as const) {
    const line = dial(rig.server.port, bytes);
    await until(() => line.closed(), "hung up");
    expect(line.text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(line.text().toLowerCase()).toContain("application/problem+json");
    expect(JSON.parse(line.text().slice(line.text().indexOf("\r\n\r\n")))).toMatchObject({ status });
  }
});

test("whoever sends his headers drop by drop is hung up, with 408", async () => {
  await using rig = await startRig({ limits: { headerTime: 100 } });
  const line = dial(rig.server.port, "GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  await until(() => line.closed(), "hung up");
  expect(line.text()).toMatch(/^HTTP\/1.1 408 /);
});

test("more connections than allowed are closed, and those that are there go on", async () => {
  await using rig = await startRig({ limits: { connections: 2 } });
  const request = "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
  const good = [dial(rig.server.port, request), dial(rig.server.port, request)];
  await until(() => good.every((line) => line.text().includes("degraded")), "two answers");
  const third = dial(rig.server.port, request);
  await until(() => third.closed(), "the third is closed");
  expect(third.text()).toBe("");
  for (const line of good) line.socket.write(request);
  await until(() => good.every((line) => line.text().match(/degraded/g)?.length === 2), "two more answers");
  for (const { socket } of good) socket.destroy();
});

test("an address that is taken is told in one sentence", async () => {
  await using rig = await startRig();
  const { startRest } = await import("#publish/rest/server.ts");
  const { systemClock } = await import("#platform/clock.ts");
  const { createLog } = await import("#platform/log.ts");
  const dependencies = {
    store: rig.store,
    bus: rig.bus,
    events: rig.events,
    log: createLog("error", () => undefined),
    clock: systemClock,
    version: "1",
    confirmationLife: 1,
    health: () => ({ state: "ready", problems: [] }) as const,
  };
  await expect(startRest({ host: "127.0.0.1", port: rig.server.port, keys: [] }, dependencies)).rejects.toThrow(
    `REST cannot listen at 127.0.0.1:${rig.server.port}: another program has it`,
  );
  await expect(startRest({ host: "192.0.2.1", port: 0, keys: [] }, dependencies)).rejects.toThrow("this machine has no such address");
  expect(rig.bus.listeners()).toBe(1);
});

test("an answer that waits for a device is still given when the server stops", async () => {
  const rig = await startRig();
  const end = Promise.withResolvers<void>();
  rig.bus.answer = async () => {
    await end.promise;
    return { state: "confirmed" };
  };
  const answer = rig.command("rack-pdu", "outlet/8", "outlet.off");
  await until(() => rig.bus.running().length === 1, "the command runs");
  const stopped = rig[Symbol.asyncDispose]();
  end.resolve();
  expect((await answer).status).toBe(200);
  await stopped;
});
