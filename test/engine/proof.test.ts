import { describe, expect, test } from "vitest";
import { commandNames, type PointName, type Value } from "#domain/capability.ts";
import type { Command } from "#domain/command.ts";
import type { DeviceSettings } from "#domain/device.ts";
import { afterWrite, Fault } from "#domain/fault.ts";
import { guardedCommands, key, upsPart, withUps } from "./told-double.ts";

const ups = (values: Readonly<Partial<Record<PointName, Value>>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(values).map(([point, value]) => [key("ups", point as PointName), value]));
const pointsOf = (values: Readonly<Partial<Record<PointName, Value>>>): readonly PointName[] => Object.keys(values) as readonly PointName[];
const mqtt: Command["by"] = { via: "mqtt" };

describe("a test of the battery", () => {
  const before = { "ups.testing": false, "ups.testResult": "passed" } as const;
  test.each([
    ["ups.testing", true],
    ["ups.testResult", "in progress"],
  ] as const)("is confirmed when %s alone says so", (point, value) =>
    withUps([upsPart(pointsOf(before), "ups.test")], ups(before), async ({ ups: device, ask }) => {
      device.act = () => void device.values.set(key("ups", point), value);
      expect(await ask("ups", "ups.test")).toMatchObject({ state: "confirmed", writes: 1 });
    }),
  );

  test("is not confirmed when nothing says so", () =>
    withUps([upsPart(pointsOf(before), "ups.test")], ups(before), async ({ ask }) => {
      expect(await ask("ups", "ups.test")).toMatchObject({ state: "unconfirmed", writes: 1 });
    }));

  test("that runs already is told again: what was so before says nothing of it", () =>
    withUps([upsPart(["ups.testing"], "ups.test")], ups({ "ups.testing": true }), async ({ ups: device, ask }) => {
      expect(await ask("ups", "ups.test")).toMatchObject({ writes: 1 });
      expect(device.writes).toEqual([["ups.test"]]);
    }));

  test.each([["ups.testing"], ["ups.testResult"]] as const)("is judged by %s where the device has no more", (point) =>
    withUps([upsPart([point], "ups.test")], ups({ [point]: before[point] }), async ({ ups: device, ask }) => {
      device.act = () => void device.values.set(key("ups", point), point === "ups.testing" ? true : "failed");
      expect(await ask("ups", "ups.test")).toMatchObject({ state: "confirmed" });
    }),
  );

  test("of which the device shows nothing at all is unconfirmed at once, and says that nothing could be read", () =>
    withUps([upsPart(["ups.charge"], "ups.test")], ups({ "ups.charge": 100 }), async ({ rack, ask }) => {
      const started = rack.clock.monotonic();
      expect(await ask("ups", "ups.test")).toMatchObject({
        state: "unconfirmed",
        traceless: true,
        detail: expect.stringContaining("nothing that could be read"),
      });
      expect(rack.clock.monotonic() - started).toBeLessThan(1000);
    }));
});

describe("stopping a shutdown", () => {
  test.each([[["ups.shutdownPending"]], [["ups.forcedShutdown"]], [["ups.shutdownPending", "ups.forcedShutdown"]]] as const)(
    "is judged by %j where these are all there is",
    (points) =>
      withUps([upsPart(points, "ups.shutdownStop")], Object.fromEntries(points.map((point) => [key("ups", point), true])), async ({ ups: device, ask }) => {
        expect(await ask("ups", "ups.shutdownStop")).toMatchObject({ state: "unconfirmed", writes: 1 });
        device.act = () => points.forEach((point) => device.values.set(key("ups", point), false));
        expect(await ask("ups", "ups.shutdownStop")).toMatchObject({ state: "confirmed", writes: 1 });
        expect(await ask("ups", "ups.shutdownStop")).toMatchObject({ state: "confirmed", writes: 0 });
      }),
  );
});

describe("a command that drops the load", () => {
  const guarded = guardedCommands(commandNames);
  const state = { "ups.off": false, "ups.shutdownPending": false } as const;
  const parts = [upsPart(pointsOf(state), ...guarded)];
  const given = (settings: DeviceSettings["parts"][string]): Partial<DeviceSettings> => ({ parts: { ups: settings } });

  test("is one of three", () => expect([...guarded].toSorted()).toEqual(["ups.loadOff", "ups.shutdownReturn", "ups.shutdownStayOff"]));

  test.each(guarded)("%s is asked for by a token although nobody locked the part, which holds for that value alone", (name) =>
    withUps(parts, ups(state), async ({ ups: device, ask }) => {
      device.act = () => void device.values.set(key("ups", name === "ups.loadOff" ? "ups.off" : "ups.shutdownPending"), true);
      const first = await ask("ups", name, { value: 60 });
      expect(first).toMatchObject({ state: "refused", refusal: "confirmation-needed" });
      const confirm = (first.state === "refused" && first.confirm) || expect.fail("no token");
      expect(await ask("ups", name, { value: 0, confirm })).toMatchObject({ refusal: "confirmation-needed" });
      expect(await ask("ups", name, { confirm })).toMatchObject({ refusal: "confirmation-needed" });
      expect(device.writes).toEqual([]);
      expect(await ask("ups", name, { value: 60, confirm })).toMatchObject({ state: "confirmed", writes: 1 });
      expect(device.writes).toEqual([[name, 60]]);
    }),
  );

  test.each(guarded)("%s is refused from MQTT unless the part is allowed in words", async (name) => {
    for (const settings of [{}, { lock: "confirm" }, { allowHomeAssistant: false }, { lock: "locked", allowHomeAssistant: true }] as const)
      await withUps(
        parts,
        ups(state),
        async ({ ups: device, ask }) => {
          expect(await ask("ups", name, { by: mqtt })).toMatchObject({ state: "refused" });
          expect(device.writes).toEqual([]);
        },
        given(settings),
      );
    await withUps(
      parts,
      ups(state),
      async ({ ups: device, ask }) => {
        device.act = () => void device.values.set(key("ups", "ups.off"), true);
        expect(await ask("ups", name, { by: mqtt })).toMatchObject({ state: "confirmed", writes: 1 });
        expect(await ask("ups", name)).toMatchObject({ refusal: "confirmation-needed" });
      },
      given({ allowHomeAssistant: true }),
    );
  });

  test.each(guarded)("%s whose answer is lost is never sent again", (name) =>
    withUps(parts, ups(state), async ({ rack, ups: device, ask }) => {
      device.act = () => {
        throw afterWrite(new Fault("timeout", "no answer"));
      };
      const first = await ask("ups", name);
      const confirm = (first.state === "refused" && first.confirm) || expect.fail("no token");
      expect(await ask("ups", name, { confirm })).toMatchObject({ state: "unconfirmed", fault: "timeout", writes: 1 });
      await rack.clock.sleep(120_000);
      expect(device.writes).toEqual([[name]]);
    }),
  );

  test("does not touch other commands of the part: the load is switched on without asking", () =>
    withUps([upsPart(["ups.off"], "ups.loadOn", ...guarded)], ups({ "ups.off": true }), async ({ ups: device, ask }) => {
      device.act = () => void device.values.set(key("ups", "ups.off"), false);
      expect(await ask("ups", "ups.loadOn", { by: mqtt })).toMatchObject({ state: "confirmed", writes: 1 });
    }));
});
