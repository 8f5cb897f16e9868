import { describe, expect, onTestFinished, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { followBroker, type BrokerAddress, type BrokerWatch } from "#homeassistant/broker.ts";
import { watchSupervisor, type Supervisor } from "#homeassistant/supervisor.ts";
import { createLog } from "#platform/log.ts";
import type { BrokerService, SupervisorClient } from "#transport/homeassistant/supervisor-client.ts";
import { until } from "../peer/until.ts";
import { virtualClock } from "../platform/virtual-clock.ts";

const first: BrokerService = { host: "core-mosquitto", port: 1883, ssl: false, username: "addons", password: "old-password" };

/** A Supervisor of which each question is answered by `answer`, and a connection whose state a test sets. Time passes by itself. */
const createRig = () => {
  const clock = virtualClock();
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line));
  const used: BrokerAddress[] = [];
  const times: number[] = [];
  let asked = 0;
  let state: "connected" | "connecting" | "refused" | undefined;
  let answer: () => BrokerService | undefined = () => undefined;
  const never = (): Promise<never> => Promise.reject(new Error("not asked here"));
  const client: SupervisorClient = {
    info: never,
    options: never,
    discover: never,
    broker: async () => {
      asked++;
      return answer();
    },
  };
  const supervisor: Supervisor = watchSupervisor(client, clock, log);
  const watch: BrokerWatch = followBroker({
    supervisor,
    clock,
    log,
    state: () => state,
    use: async (broker) => {
      used.push(broker);
      times.push(clock.monotonic());
      state = "connecting";
    },
  });
  onTestFinished(async () => {
    await watch[Symbol.asyncDispose]();
    clock[Symbol.dispose]();
  });
  return {
    clock,
    lines,
    used,
    times,
    watch,
    supervisor,
    asked: () => asked,
    become: (now: typeof state) => void (state = now),
    answer: (how: typeof answer) => void (answer = how),
  };
};
const passwords = (used: readonly BrokerAddress[]): readonly (string | undefined)[] => used.map(({ password }) => password?.reveal());

describe("the Supervisor's broker", () => {
  test("is used as soon as there is one, and until then a person is told once what to do", async () => {
    const rig = createRig();
    await until(() => rig.asked() > 5, "asked again and again");
    expect(rig.watch.repairs()).toEqual([
      {
        id: "broker-missing",
        kind: "broker-missing",
        detail: "there is no broker: no add-on provides one; install the add-on Mosquitto broker, or set mqtt_url",
      },
    ]);
    expect(rig.lines.filter((line) => line.includes("there is no broker"))).toHaveLength(1);
    expect(rig.used).toEqual([]);
    rig.answer(() => first);
    await until(() => rig.used.length === 1, "used");
    expect(rig.used[0]).toMatchObject({ url: "mqtt://core-mosquitto:1883", username: "addons" });
    expect(rig.watch.repairs()).toEqual([]);
  });

  test("is asked for again after its login was refused, and the new login is used", async () => {
    const rig = createRig();
    rig.answer(() => first);
    await until(() => rig.used.length === 1, "used");
    rig.become("connected");
    const before = rig.asked();
    const start = rig.clock.monotonic();
    await until(() => rig.clock.monotonic() - start > 3_600_000, "an hour");
    expect(rig.asked()).toBe(before);
    rig.answer(() => ({ ...first, password: "new-password" }));
    rig.become("refused");
    await until(() => rig.used.length === 2, "the new login");
    expect(passwords(rig.used)).toEqual(["old-password", "new-password"]);
  });

  test("refused with a login that stays the same, it is asked for ever more seldom and its connection left alone", async () => {
    const rig = createRig();
    rig.answer(() => first);
    await until(() => rig.used.length === 1, "used");
    rig.become("refused");
    const [before, start] = [rig.asked(), rig.clock.monotonic()];
    await until(() => rig.clock.monotonic() - start > 3_600_000, "an hour");
    expect(rig.used).toHaveLength(1);
    // Each round is a minute of patience and a glance at the connection.
    const round = (rig.clock.monotonic() - start) / (rig.asked() - before);
    expect(round).toBeGreaterThan(50_000);
    expect(round).toBeLessThan(70_000);
  });

  test("away for a minute, it is looked for elsewhere", async () => {
    const rig = createRig();
    rig.answer(() => first);
    await until(() => rig.used.length === 1, "used");
    rig.answer(() => ({ host: "another", port: 8883, ssl: true }));
    await until(() => rig.used.length === 2, "the other one");
    const [before = 0, after = 0] = rig.times;
    expect(after - before).toBeGreaterThanOrEqual(60_000);
    expect(rig.used[1]).toEqual({ url: "mqtts://another:8883" });
  });

  test("a Supervisor that fails is told once for each way it fails, shown meanwhile, and tried with growing pauses", async () => {
    const rig = createRig();
    let turn = 0;
    rig.answer(() => {
      throw turn++ % 2 === 0
        ? new Fault("unreachable", "the Supervisor cannot be reached (ECONNREFUSED)")
        : new Fault("busy", "the Supervisor refuses it (502)");
    });
    const told = (): readonly string[] => rig.lines.filter((line) => line.includes("the Supervisor "));
    await until(() => rig.asked() > 20, "tried");
    expect(rig.clock.monotonic()).toBeGreaterThan(300_000);
    expect(rig.supervisor.repairs()).toMatchObject([{ id: "supervisor", kind: "supervisor" }]);
    expect(told()).toHaveLength(2);
    rig.answer(() => first);
    await until(() => rig.used.length === 1, "used");
    expect(rig.supervisor.repairs()).toEqual([]);
    expect(told()).toHaveLength(3);
    expect(told()[2]).toContain("answers as it should again");
  });
});
