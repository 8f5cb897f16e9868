import { expect, test } from "vitest";

import { type EngineRig, nutAdmin, startEngine, upsWithOutlet } from "./engine-rig.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import type { Outcome } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const nut = await debianPackages("nut-server");
const dwell = 1000;

describeWithPeer("a cycle that the device cannot do by itself, at a real upsd", nut, (peer) => {
  /** A UPS whose outlet obeys, but for the commands that `deaf` names. */
  const withUps = async (body: (rig: EngineRig, upsd: Upsd, deaf: Set<string>) => Promise<void>, pause = dwell): Promise<void> => {
    const deaf = new Set<string>();
    const obey = (name: string): Outcome => {
      if (!deaf.has(name)) upsd.driver("office").set({ "outlet.1.status": name.endsWith(".on") ? "on" : "off" });
      return 0;
    };
    await using upsd: Upsd = await startUpsd(peer, { upses: { office: upsWithOutlet(obey) } });
    await using rig = startEngine(pause);
    rig.start("ups", "nut", { port: upsd.port, ups: "office", ...nutAdmin });
    await rig.online("ups");
    await body(rig, upsd, deaf);
  };
  const given = (upsd: Upsd): readonly string[] => upsd.driver("office").given.map((name) => name.replace("outlet.1.load.", ""));
  const debts = (rig: EngineRig): number => rig.database.all("select * from debt").length;

  test.concurrent("is one job: whoever comes between its halves, by whatever door, waits for its end", () =>
    withUps(async (rig, upsd) => {
      const start = performance.now();
      const cycle = rig.drive("ups", "outlet/1", "outlet.cycle");
      await until(() => given(upsd).length === 1 && rig.value("ups", "outlet/1", "outlet.on") === false, "off");
      expect(debts(rig)).toBe(1);
      const between = [
        rig.drive("ups", "outlet/1", "outlet.off", { by: { via: "mqtt" } }),
        rig.drive("ups", "outlet/1", "outlet.cycle"),
        rig.drive("ups", "outlet/1", "outlet.on"),
      ];
      expect(await cycle).toMatchObject({ state: "confirmed", writes: 2, detail: "off and on again" });
      expect(performance.now() - start).toBeGreaterThanOrEqual(dwell);
      const [off, again, on] = await Promise.all(between);
      expect([off?.writes, again?.writes, on?.writes]).toEqual([1, 2, 0]);
      expect(given(upsd)).toEqual(["off", "on", "off", "off", "on"]);
      expect(debts(rig)).toBe(0);
    }));

  test.concurrent("whose second half the device did not show is finished when the device comes back", () =>
    withUps(async (rig, upsd, deaf) => {
      deaf.add("outlet.1.load.on");
      expect(await rig.drive("ups", "outlet/1", "outlet.cycle")).toMatchObject({ state: "unconfirmed", writes: 2 });
      deaf.clear();
      await upsd.stop();
      await until(() => rig.state("ups") === "offline", "gone");
      await upsd.start();
      await until(() => rig.value("ups", "outlet/1", "outlet.on") === true, "on again", 15_000);
      expect(given(upsd)).toEqual(["off", "on", "on"]);
      await until(() => debts(rig) === 0, "nothing is owed");
      expect(rig.engine.bus.outcomes({ limit: 1 })[0]).toMatchObject({ state: "confirmed", command: { by: { via: "engine" } } });
    }));

  test.concurrent("whose second half the device did not show is not finished once somebody has asked for off", () =>
    withUps(async (rig, upsd, deaf) => {
      deaf.add("outlet.1.load.on");
      expect(await rig.drive("ups", "outlet/1", "outlet.cycle")).toMatchObject({ state: "unconfirmed", writes: 2 });
      deaf.clear();
      expect(await rig.drive("ups", "outlet/1", "outlet.off")).toMatchObject({ state: "confirmed", writes: 0 });
      await upsd.stop();
      await until(() => rig.state("ups") === "offline", "gone");
      await upsd.start();
      await rig.online("ups");
      expect(await rig.drive("ups", "outlet/1", "outlet.off")).toMatchObject({ state: "confirmed", writes: 0 });
      expect(given(upsd)).toEqual(["off", "on"]);
      expect(debts(rig)).toBe(0);
    }));

  test.concurrent("is brought to its end when the program is asked to stop", () =>
    withUps(async (rig, upsd) => {
      const cycle = rig.drive("ups", "outlet/1", "outlet.cycle");
      await until(() => given(upsd).length === 1 && rig.value("ups", "outlet/1", "outlet.on") === false, "off");
      const stopped = rig.engine[Symbol.asyncDispose]();
      expect(await rig.drive("ups", "outlet/1", "outlet.off")).toMatchObject({ state: "refused", refusal: "stopping" });
      await stopped;
      expect(await cycle).toMatchObject({ state: "confirmed", writes: 2 });
      expect(given(upsd)).toEqual(["off", "on"]);
      expect(debts(rig)).toBe(0);
    }, 60_000));
});
