import { expect, test } from "vitest";
import type { Verdict } from "#domain/outcome.ts";
import { handClock } from "../platform/hand-clock.ts";
import { startNutRig } from "./nut-rig.ts";
import { user } from "./nut-user.ts";

test("every device with a part ups is a UPS, by its id and its further names, and no other is", async () => {
  await using rig = await startNutRig();
  await using one = await rig.talk();
  expect(await one.ask("LIST UPS", /END LIST UPS\n$/)).toBe('BEGIN LIST UPS\nUPS office-ups "Office UPS"\nUPS lab "lab"\nUPS ups "Office UPS"\nEND LIST UPS\n');
  expect(await one.ask("GET VAR ups battery.charge")).toBe('VAR ups battery.charge "87"\n');
  expect(await one.ask("LIST VAR UPS", /END/)).toContain('VAR UPS device.mfr "EATON"\n');
  expect(await one.ask("GET VAR pdu outlet.1.status")).toBe("ERR UNKNOWN-UPS\n");
});

test("nothing old is shown: not of a UPS that is away, nor of one whose status is old or that says that it is lost", async () => {
  await using rig = await startNutRig();
  await using one = await rig.talk();
  const charge = (): Promise<string> => one.ask("GET VAR lab battery.charge");
  expect(await charge()).toContain('"87"');
  rig.store.connect("lab", { state: "offline", since: 1, fault: "timeout" });
  expect(await charge()).toBe("ERR DRIVER-NOT-CONNECTED\n");
  rig.store.connect("lab", { state: "online", since: 2 });
  rig.store.expire("lab", 1);
  expect(await charge()).toBe("ERR DATA-STALE\n");
  rig.store.put("lab", [{ part: "ups", point: "ups.status", value: ["OL"] }], 3, 3);
  expect(await charge()).toBe("ERR VAR-NOT-SUPPORTED\n");
  rig.store.put("lab", [{ part: "ups", point: "ups.communicationLost", value: true }], 4, 4);
  expect(await one.ask("LIST VAR lab")).toBe("ERR DATA-STALE\n");
  rig.set("lab", "NOCOMM", "DRIVER-NOT-CONNECTED");
  expect(await one.ask("LIST VAR lab")).toBe("ERR DRIVER-NOT-CONNECTED\n");
  rig.store.remove("lab");
  expect(await one.ask("LIST VAR lab")).toBe("ERR UNKNOWN-UPS\n");
});

test("a user may do what the configuration says, at the UPSs that it says, and it is written down", async () => {
  await using rig = await startNutRig();
  expect(await rig.as("watcher", "watch", "LOGIN lab", "LOGIN ups", "GET NUMLOGINS office-ups")).toBe("ERR ACCESS-DENIED\nOK\nNUMLOGINS office-ups 1");
  expect(await rig.as("watcher", "watch", "INSTCMD office-ups beeper.mute", "SET VAR office-ups ups.id x")).toBe("ERR ACCESS-DENIED\nERR ACCESS-DENIED");
  expect(await rig.as("somebody", "horse", "INSTCMD lab beeper.mute")).toBe("ERR ACCESS-DENIED");
  expect(await rig.as("named", "word", "INSTCMD lab beeper.mute", "INSTCMD lab shutdown.return", "INSTCMD lab load.off.delay 5")).toBe(
    "OK\nERR ACCESS-DENIED\nERR ACCESS-DENIED",
  );
  expect(
    await rig.as("admin", "horse", "INSTCMD lab shutdown.return 30", "INSTCMD lab beeper.mute 3", "INSTCMD lab load.off.delay", 'SET VAR lab ups.id "a b"'),
  ).toBe("OK\nERR INVALID-ARGUMENT\nERR INVALID-ARGUMENT\nOK");
  expect(rig.bus.submitted).toEqual([
    { device: "lab", part: "ups", name: "ups.beeperMute", by: { via: "nut", user: "named" } },
    { device: "lab", part: "ups", name: "ups.shutdownReturn", by: { via: "nut", user: "admin" }, value: "30" },
    { device: "lab", part: "variable/ups.id", name: "variable.set", by: { via: "nut", user: "admin" }, value: "a b" },
  ]);
});

test("what would drop the load is confirmed by its name among what a user may do, and by nothing else", async () => {
  await using rig = await startNutRig();
  rig.bus.answer = ({ confirm }) => (confirm === "token" ? { state: "confirmed" } : { state: "refused", refusal: "confirmation-needed", confirm: "token" });
  expect(await rig.as("admin", "horse", "INSTCMD lab load.off")).toBe("ERR ACCESS-DENIED");
  expect(await rig.as("named", "word", "INSTCMD lab load.off")).toBe("OK");
  const settings = { id: "lab", driver: "snmp", fedBy: [], interval: 10, parts: { ups: { lock: "confirm" } } } as const;
  rig.store.settle(settings, { state: "online", since: 0 });
  expect(await rig.as("named", "word", "INSTCMD lab load.off")).toBe("ERR ACCESS-DENIED");
  expect(rig.bus.submitted.map(({ confirm }) => confirm)).toEqual([undefined, undefined, "token", undefined]);
});

test("what became of a command is told in the protocol's words, at once or when it is asked", async () => {
  await using rig = await startNutRig({ limits: { promptness: 50 } });
  const answers = async (verdict: typeof rig.bus.answer): Promise<string> => {
    rig.bus.answer = verdict;
    return await rig.as("admin", "horse", "INSTCMD lab beeper.mute", "SET VAR lab ups.id x");
  };
  expect(await answers(() => ({ state: "failed", fault: "timeout" }))).toBe("ERR DRIVER-NOT-CONNECTED\nERR DRIVER-NOT-CONNECTED");
  expect(await answers(() => ({ state: "failed", fault: "rejected" }))).toBe("ERR INSTCMD-FAILED\nERR SET-FAILED");
  expect(await answers(() => ({ state: "failed", fault: "unsupported" }))).toBe("ERR CMD-NOT-SUPPORTED\nERR READONLY");
  expect(await answers(() => ({ state: "refused", refusal: "wrong-value" }))).toBe("ERR INVALID-ARGUMENT\nERR INVALID-VALUE");
  expect(await answers(() => ({ state: "refused", refusal: "locked" }))).toBe("ERR ACCESS-DENIED\nERR ACCESS-DENIED");
  expect(await answers(() => ({ state: "unconfirmed" }))).toBe("ERR INSTCMD-FAILED\nERR SET-FAILED");
  expect(await answers(() => ({ state: "unconfirmed", traceless: true }))).toBe("OK\nOK");
  // Longer than anybody waits: OK says no more than that it was taken.
  expect(await answers(() => new Promise(() => undefined))).toBe("OK\nOK");
  await using one = await rig.talk();
  await one.ask("USERNAME admin\nPASSWORD horse\nSET TRACKING ON", /OK\nOK\nOK\n$/);
  const followed = async (verdict: Verdict): Promise<string> => {
    const end = Promise.withResolvers<Verdict>();
    rig.bus.answer = () => end.promise;
    const id = (await one.ask("INSTCMD lab beeper.mute")).slice("OK TRACKING ".length, -1);
    expect(await one.ask(`GET TRACKING ${id}`)).toBe("PENDING\n");
    end.resolve(verdict);
    await end.promise;
    return one.ask(`GET TRACKING ${id}`);
  };
  rig.bus.answer = () => ({ state: "refused", refusal: "locked" });
  expect(await one.ask("INSTCMD lab beeper.mute")).toBe("ERR ACCESS-DENIED\n");
  rig.bus.answer = () => ({ state: "failed", fault: "rejected" });
  expect(await one.ask("INSTCMD lab beeper.mute")).toMatch(/^OK TRACKING /);
  expect(await followed({ state: "confirmed" })).toBe("SUCCESS\n");
  expect(await followed({ state: "unconfirmed" })).toBe("ERR FAILED\n");
  expect(await followed({ state: "failed", fault: "unsupported" })).toBe("ERR UNKNOWN\n");
  expect(await followed({ state: "refused", refusal: "wrong-value" })).toBe("ERR INVALID-ARGUMENT\n");
});

test("a primary's forced shutdown is told to all, cuts nothing off, and is over when the UPS has been on line for two minutes", async () => {
  const clock = handClock();
  await using rig = await startNutRig({ clock, limits: { silence: Infinity } });
  await using one = await rig.talk();
  const status = async (): Promise<string> => (await one.ask("GET VAR lab ups.status")).slice("VAR lab ups.status ".length, -1);
  expect(await rig.as("watcher", "watch", "FSD office-ups")).toBe("ERR ACCESS-DENIED");
  rig.set("lab", "OB", "LB");
  expect(await rig.as("boss", "boss", "PRIMARY lab", "FSD lab")).toBe("OK PRIMARY-GRANTED\nOK FSD-SET");
  expect(await status()).toBe('"FSD OB LB"');
  expect(await one.ask("LIST VAR lab", /END/)).toContain('VAR lab ups.status "FSD OB LB"\n');
  expect(await one.ask("GET VAR office-ups ups.status")).toContain('"OL"');
  expect(rig.bus.submitted).toEqual([]);
  expect(rig.lines.join("")).toContain("lab: boss announces a forced shutdown");
  await clock.advance(3_600_000);
  expect(await status()).toBe('"FSD OB LB"');
  rig.set("lab", "OL", "CHRG");
  await clock.advance(119_000);
  expect(await status()).toBe('"FSD OL CHRG"');
  rig.set("lab", "OB");
  await clock.advance(60_000);
  rig.set("lab", "OL");
  await clock.advance(60_000);
  rig.set("lab", "OL", "CHRG");
  await clock.advance(59_000);
  expect(await status()).toBe('"FSD OL CHRG"');
  await clock.advance(1_000);
  expect(await status()).toBe('"OL CHRG"');
});

test("users are exchanged while connections stay", async () => {
  await using rig = await startNutRig();
  await using one = await rig.talk();
  await one.ask("USERNAME boss\nPASSWORD boss\nLOGIN lab", /OK\nOK\nOK\n$/);
  rig.server.replace([user("new", "new", { commands: "all" })], undefined);
  expect(await one.ask("PRIMARY lab")).toBe("ERR ACCESS-DENIED\n");
  expect(await one.ask("GET NUMLOGINS lab")).toBe("NUMLOGINS lab 1\n");
  expect(await rig.as("new", "new", "INSTCMD lab beeper.mute")).toBe("OK");
});
