import { expect, test } from "vitest";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { startEngine } from "./engine-rig.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const rack: SocketDriverOptions = {
  variables: { "ups.status": "OL", "ups.delay.shutdown": "020", "input.sensitivity": "medium", "ups.id": "old" },
  writables: {
    "ups.delay.shutdown": { ranges: [[0, 600]] },
    "input.sensitivity": { values: ["low", "medium", "high"] },
    "ups.id": { longest: 8 },
  },
  commands: ["load.off", "load.off.delay"],
};
const options = { ups: "rack", username: "admin", password: "correct horse" };

describeWithPeer("values, from the bus to a real upsd and back", await debianPackages("nut-server"), (peer) => {
  test("what is outside is not sent, what is set is read back, and what is so already is not written", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using rig = startEngine();
    rig.start("rack", "nut", { ...options, port: upsd.port });
    await rig.online("rack");
    const { given } = upsd.driver("rack");
    for (const [part, value, expected] of [
      ["ups.delay.shutdown", 601, "from 0 to 600 s"],
      ["input.sensitivity", "deaf", '"low", "medium", "high"'],
      ["ups.id", "nine char", "at most 8 characters"],
      ["ups.id", 'x"\nFSD rack', "one line"],
    ] as const) {
      const outcome = await rig.drive("rack", `variable/${part}`, "variable.set", { value });
      expect(outcome, part).toMatchObject({ state: "refused", refusal: "wrong-value", writes: 0 });
      expect(outcome.detail).toContain(expected);
    }
    expect(given).toEqual([]);
    for (const [part, value] of [
      ["ups.delay.shutdown", "120"],
      ["input.sensitivity", "high"],
      ["ups.id", "new"],
    ] as const) {
      expect(await rig.drive("rack", `variable/${part}`, "variable.set", { value }), part).toMatchObject({ state: "confirmed", writes: 1 });
      expect(await rig.drive("rack", `variable/${part}`, "variable.set", { value }), part).toMatchObject({ state: "confirmed", writes: 0 });
    }
    expect(given).toEqual(["ups.delay.shutdown=120", "input.sensitivity=high", "ups.id=new"]);
    expect(rig.value("rack", "variable/ups.delay.shutdown", "variable.number")).toBe(120);
  });

  test("the load goes off only with the token for that delay, once, and it is confirmed when the UPS says OFF", async () => {
    await using upsd = await startUpsd(peer, { upses: { rack } });
    await using rig = startEngine();
    rig.start("rack", "nut", { ...options, port: upsd.port });
    await rig.online("rack");
    const driver = upsd.driver("rack");
    const off = (more: Parameters<typeof rig.drive>[3]): ReturnType<typeof rig.drive> => rig.drive("rack", "ups", "ups.loadOff", more);
    expect(await off({ by: { via: "mqtt" } })).toMatchObject({ refusal: "confirmation-needed", writes: 0 });
    const asked = await off({ value: 2 });
    const confirm = (asked.state === "refused" && asked.confirm) || expect.fail("no token");
    expect(await off({ confirm, value: 0 })).toMatchObject({ refusal: "confirmation-needed", writes: 0 });
    expect(driver.given).toEqual([]);
    const done = off({ confirm, value: 2 });
    await until(() => driver.given.length > 0, "the command at the driver");
    driver.set({ "ups.status": "OFF" });
    expect(await done).toMatchObject({ state: "confirmed", writes: 1, command: { value: 2 } });
    expect(await off({ confirm, value: 2 })).toMatchObject({ refusal: "confirmation-needed" });
    expect(driver.given).toEqual(["load.off.delay 2"]);
  });
});
