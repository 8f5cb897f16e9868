import { expect, test } from "vitest";
import { serveRack, type ServedRack } from "./nut-served.ts";
import { rawAnswer, startUpsd, type Upsd } from "./nut-server-rig.ts";
import type { SocketDriverOptions } from "./nut-socket-driver.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";

/** Says the same of itself in both ways in which NUT names it, so that nothing is added on the way through us. */
const one: SocketDriverOptions = {
  variables: {
    "battery.charge": "87",
    "battery.charge.low": "20",
    "battery.voltage": "24.84",
    "device.mfr": 'Say "x" \\',
    "device.model": "RigUPS 1500",
    "device.serial": "R1",
    "device.type": "ups",
    "driver.name": "rig",
    "input.sensitivity": "high",
    "input.voltage": "230.0",
    "ups.id": "My UPS",
    "ups.load": "12.5",
    "ups.mfr": 'Say "x" \\',
    "ups.model": "RigUPS 1500",
    "ups.serial": "R1",
    "ups.status": "OL CHRG",
  },
  commands: ["beeper.mute", "load.off", "load.off.delay"],
  writables: {
    "battery.charge.low": { ranges: [[10, 50]] },
    "input.sensitivity": { longest: 4, values: ["low", "high"] },
    "ups.id": { longest: 16 },
  },
};

const anonymous = `NETVER
PROTVER
HELP x
LIST UPS
list ups
LIST UPS extra
LIST "UPS"
 LIST UPS\t
LIST VAR one
LIST VAR ONE
LIST VAR one extra
LIST VAR none
LIST RW one
LIST RW none
LIST CMD one
LIST CMD none
LIST ENUM one input.sensitivity
LIST ENUM one ups.id
LIST ENUM one none
LIST ENUM one
LIST ENUM none x
LIST RANGE one battery.charge.low
LIST RANGE one ups.id
LIST RANGE one none
LIST CLIENT one
LIST CLIENT
LIST CLIENT none
LIST
LIST VAR
LIST nonsense
LIST nonsense one
GET VAR one ups.status
GET VAR ONE UPS.STATUS
GET VAR one "device.mfr"
GET VAR one none
GET VAR none ups.status
GET VAR one
GET VAR
GET
GET TYPE one ups.load
GET TYPE one battery.charge.low
GET TYPE one ups.id
GET TYPE one input.sensitivity
GET TYPE one none
GET TYPE none ups.load
GET DESC one none
GET DESC none ups.status
GET CMDDESC one beeper.mute
GET CMDDESC one none
GET CMDDESC none beeper.mute
GET UPSDESC one
GET UPSDESC none
GET NUMLOGINS one
GET NUMLOGINS none
GET TRACKING
GET TRACKING x
GET nonsense
GET nonsense one
GET nonsense one x
USERNAME
USERNAME a b
PASSWORD
LOGIN one
LOGIN
PRIMARY one
MASTER one
FSD one
INSTCMD one beeper.mute
SET VAR one ups.id x
SET TRACKING ON
SET
SET x
STARTTLS
STARTTLS x
NONSENSE
LOGOUT x`;

const wrong = `PASSWORD x
USERNAME watcher
PASSWORD y
USERNAME boss
LOGIN one
LOGIN none
INSTCMD one nothing
INSTCMD one beeper.mute
SET VAR one ups.id x
SET VAR one none x
PRIMARY one
FSD one`;

const watcher = `USERNAME watcher
PASSWORD watch
LOGIN none
LOGIN
LOGIN one
LOGIN one
GET NUMLOGINS one
LIST CLIENT one
LIST CLIENT ONE
PRIMARY one
MASTER one
FSD one
INSTCMD one beeper.mute
SET VAR one ups.id x
SET TRACKING ON
GET TRACKING
GET TRACKING x`;

const admin = `USERNAME admin
PASSWORD "correct horse"
LOGIN one
PRIMARY one
FSD one
INSTCMD one nothing
INSTCMD one
INSTCMD none beeper.mute
INSTCMD one BEEPER.MUTE
SET VAR one ups.id
SET VAR one ups.id "new one"
SET VAR one ups.id "12345678901234567"
SET VAR one ups.status OL
SET VAR one none OL
SET VAR none ups.id OL
SET VAR one battery.charge.low 30
SET VAR one battery.charge.low 99
SET VAR one battery.charge.low abc
SET VAR one input.sensitivity low
SET VAR one input.sensitivity LOW
SET VAR one input.sensitivity mid
SET TRACKING
SET TRACKING x
SET TRACKING ON
GET TRACKING
GET TRACKING nonsense
SET VAR one ups.id tracked
INSTCMD one beeper.mute
SET TRACKING OFF
GET TRACKING nonsense`;

const muter = `USERNAME muter
PASSWORD mute
INSTCMD one load.off
INSTCMD one nothing
INSTCMD one beeper.mute
SET VAR one ups.id x
SET VAR none ups.id x
LOGIN one`;

const boss = `USERNAME boss
PASSWORD boss
PRIMARY one
MASTER one
PRIMARY
PRIMARY none
FSD
FSD none
LOGIN one
FSD one
GET VAR one ups.status
LIST VAR one
FSD one`;

/** Ids are made up by each server. */
const withoutIds = (text: string): string => text.replaceAll(/TRACKING [0-9A-F-]{36}/g, "TRACKING …");

const both = async (ours: ServedRack, theirs: Upsd, requests: string): Promise<readonly [string, string]> => {
  const lines = requests.split("\n");
  const expected = withoutIds(await rawAnswer(theirs.port, ...lines));
  return [withoutIds(await rawAnswer(ours.server.port, ...lines)), expected];
};

describeWithPeer("our NUT server and the real upsd, asked the same", await debianPackages("nut-server"), (peer) => {
  test("answer alike, word by word, right and wrong, whoever asks", async (context) => {
    await using upsd = await startUpsd(peer, { upses: { one } });
    await using served = await serveRack();
    served.rig.start("one", "nut", { ups: "one", port: upsd.port, username: "admin", password: "correct horse" }, { name: 'The "one" \\ UPS' });
    await served.rig.online("one");
    let compared = 0;
    for (const [who, requests] of Object.entries({ anonymous, wrong, watcher, muter, admin, boss })) {
      const [ours, theirs] = await both(served, upsd, requests);
      expect(ours, who).toBe(theirs);
      compared += theirs.split("\n").length - 1;
    }
    void context.annotate(`${compared} lines of answers, equal`);
    expect(compared).toBeGreaterThan(250);
  });

  test("answer alike about a UPS that is not there", async () => {
    await using upsd = await startUpsd(peer, { upses: { one, dead: undefined } });
    await using served = await serveRack();
    served.rig.start("dead", "nut", { ups: "dead", port: upsd.port });
    const requests = `LIST VAR dead
LIST RW dead
LIST CMD dead
LIST CLIENT dead
GET VAR dead ups.status
GET TYPE dead ups.load
GET DESC dead ups.status
GET CMDDESC dead beeper.mute
GET NUMLOGINS dead
USERNAME boss
PASSWORD boss
INSTCMD dead beeper.mute
SET VAR dead ups.id x
LOGIN dead
PRIMARY dead
LIST CLIENT dead`;
    const [ours, theirs] = await both(served, upsd, requests);
    expect(ours).toBe(theirs);
    expect(theirs.match(/DRIVER-NOT-CONNECTED/g)).toHaveLength(10);
  });
});
