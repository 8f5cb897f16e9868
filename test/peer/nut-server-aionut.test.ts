import { join } from "node:path";
import { expect, test } from "vitest";
import { serveRack } from "./nut-served.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { describeWithPeer, debianPackages, gatherPeers, pythonPackages } from "./provision.ts";
import { run } from "./run.ts";

interface Told {
  readonly upses: Readonly<Record<string, string>>;
  readonly description: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  readonly ran: Readonly<Record<string, string>>;
}

const variables = {
  "battery.charge": "87",
  "battery.runtime": "1840",
  "device.mfr": "EATON",
  "device.model": "Ellipse PRO",
  "device.serial": "G355",
  "device.type": "ups",
  "driver.name": "usbhid-ups",
  "input.voltage": "231.4",
  "ups.beeper.status": "enabled",
  "ups.firmware": "03.08",
  "ups.load": "12.5",
  "ups.mfr": "EATON",
  "ups.model": "Ellipse PRO",
  "ups.serial": "G355",
  "ups.status": "OL CHRG",
};
const commands = ["beeper.mute", "load.off", "load.off.delay"];

const { peers, together } = await gatherPeers({ nut: debianPackages("nut-server"), aionut: pythonPackages("aionut") });

describeWithPeer("the client of Home Assistant's nut integration at our server", together, () => {
  const { nut, aionut } = peers;
  const ask = async (port: number, user: string, password: string, ...words: readonly string[]): Promise<Told> => {
    const text = await run(aionut.bin("python"), [join(import.meta.dirname, "nut-aionut.py"), String(port), "office", user, password, ...words], {
      env: aionut.env,
    });
    return JSON.parse(text) as Told;
  };

  test("gets the same as from the upsd behind us, commands included", async () => {
    await using upsd = await startUpsd(nut, { upses: { office: { variables, commands } } });
    await using served = await serveRack();
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, username: "admin", password: "correct horse" }, { name: 'Büro ⚡ "Süd"' });
    await served.rig.online("office");
    const [ours, theirs] = [await ask(served.server.port, "muter", "mute", "beeper.mute"), await ask(upsd.port, "muter", "mute", "beeper.mute")];
    expect(ours.variables).toEqual(theirs.variables);
    expect(Object.keys(ours.variables)).toHaveLength(15);
    expect(ours.commands).toEqual(theirs.commands);
    expect(ours.ran).toEqual({ "beeper.mute": "done" });
    expect(upsd.driver("office").given).toEqual(["beeper.mute", "beeper.mute"]);
    // It reads nothing but ASCII.
    expect(ours.upses).toEqual({ office: String.raw`Buro ? \"Sud\"`.slice(0, -1) });
    expect((await ask(served.server.port, "muter", "wrong", "beeper.mute")).ran["beeper.mute"]).toMatch(/^NUTLoginError: .*ACCESS-DENIED/);
    expect((await ask(served.server.port, "muter", "mute", "load.off")).ran["load.off"]).toMatch(/^NUTLoginError: .*ACCESS-DENIED/);
  });
});
