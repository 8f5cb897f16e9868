import { describe, expect, test } from "vitest";
import type { Command } from "#domain/command.ts";
import { goodValue } from "#store/read.ts";
import { deviceDouble, rackDouble, type RackDouble } from "./rack-double.ts";

const twoWeeks = 14 * 24 * 3600_000;
const by: Command["by"] = { via: "rest", key: "test" };
const online = async (rack: RackDouble): Promise<void> => {
  while (rack.store.device("pdu")?.connection.state !== "online") await rack.clock.sleep(10);
};
const value = (rack: RackDouble, point: "outlet.on" | "meter.energy" | "outlet.label"): unknown =>
  goodValue(rack.store.device("pdu")?.parts.get("outlet/1"), point);

describe.each([-twoWeeks, twoWeeks])("a wall clock that is set by %d ms", (step) => {
  test("makes no value stale that still holds, and keeps none that does not", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ energy: 5 });
    rack.start("pdu", pdu, { interval: 10 });
    await online(rack);
    await rack.clock.sleep(11_000);
    rack.clock.step(step);
    pdu.energy = undefined;
    await rack.clock.sleep(15_000);
    // A slow point, asked every hundred seconds: the missing energy of this poll says nothing about it.
    expect(value(rack, "outlet.label")).toBe("nas");
    expect(value(rack, "meter.energy")).toBe(5);
    await rack.clock.sleep(30_000);
    expect(value(rack, "meter.energy")).toBeUndefined();
    expect(value(rack, "outlet.on")).toBe(true);
  });

  test("neither holds back energy nor lets a wild number through", async () => {
    await using rack = rackDouble();
    const pdu = deviceDouble({ energy: 100 });
    rack.start("pdu", pdu, { interval: 3600 });
    await online(rack);
    await rack.clock.sleep(3600_000);
    rack.clock.step(step);
    pdu.energy = 120; // 20 kW for an hour
    await rack.clock.sleep(3600_000);
    expect(value(rack, "meter.energy")).toBe(120);
    rack.clock.step(step);
    pdu.energy = 9000; // more than 100 kW for an hour, less than for two weeks
    await rack.clock.sleep(3600_000);
    expect(value(rack, "meter.energy")).toBe(120);
  });

  test("does not change which outcome is the newest, and loses none", async () => {
    await using rack = rackDouble();
    rack.start("pdu", deviceDouble());
    await online(rack);
    const give = async (name: "outlet.off" | "outlet.on"): Promise<string> =>
      (await rack.engine.bus.submit({ device: "pdu", part: "outlet/1", name, by }).outcome).id;
    const first = await give("outlet.off");
    rack.clock.step(step);
    const second = await give("outlet.on");
    rack.clock.step(10 * step);
    const third = await give("outlet.off");
    expect(rack.engine.bus.outcomes({ limit: 10 }).map(({ id }) => id)).toEqual([third, second, first]);
    expect(rack.engine.bus.outcomes({ limit: 1 }).map(({ id }) => id)).toEqual([third]);
  });
});
