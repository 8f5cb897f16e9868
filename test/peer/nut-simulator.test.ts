import { expect, test } from "vitest";
import { startNutServer } from "#simulator/nut/server.ts";
import type { SimulatedUps } from "#simulator/nut/simulated-ups.ts";
import { faultOf, openUps, soon } from "./nut-open.ts";
import { rawAnswer, startUpsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

// upscmd sends its password without quotes.
const users = [{ name: "admin", password: "horse" }];
const model = 'Quote " and \\ back';

/** A UPS that remembers what it was told. */
const simulated = (name: string, given: string[]): SimulatedUps => {
  const variables = new Map([
    ["ups.status", "OL CHRG"],
    ["ups.model", model],
    ["battery.charge", "81"],
    ["ups.beeper.status", "enabled"],
  ]);
  return {
    name,
    description: `The "${name}" \\ UPS`,
    variables: () => variables,
    commands: ["beeper.disable", "shutdown.return"],
    command: (command) => {
      given.push(command);
      if (command !== "beeper.disable") return "failed";
      variables.set("ups.beeper.status", "disabled");
      return "ok";
    },
  };
};

/** Everything that a client may ask, rightly and wrongly. */
const requests = [
  "NETVER",
  "PROTVER",
  "LIST UPS",
  "LIST VAR one",
  "LIST VAR none",
  "LIST CMD one",
  "LIST RW one",
  "LIST ENUM one ups.status",
  "LIST RANGE one ups.status",
  "LIST ENUM one none",
  "LIST CLIENT one",
  "LIST",
  "LIST VAR",
  "LIST NONSENSE one",
  "GET VAR one ups.model",
  "GET VAR one none",
  "GET VAR none x",
  "GET VAR one",
  "GET UPSDESC one",
  "GET UPSDESC none",
  "GET NUMLOGINS one",
  "GET CMDDESC one beeper.disable",
  "GET TRACKING",
  "GET NONSENSE one x",
  "NONSENSE",
  "INSTCMD one beeper.disable",
  "SET TRACKING ON",
  "LOGIN one",
  "USERNAME admin",
  "USERNAME admin",
  "SET TRACKING ON",
  "PASSWORD wrong",
  "PASSWORD wrong",
  "SET TRACKING MAYBE",
  "INSTCMD one nothing",
  "INSTCMD one beeper.disable",
  "INSTCMD one",
  "INSTCMD none x",
  "SET VAR one ups.model x",
  "GET TRACKING 1",
  "LOGIN one",
  "LOGIN none",
  "STARTTLS",
  "SET TRACKING ON",
  "GET TRACKING",
  "GET TRACKING 1",
  "SET TRACKING OFF",
  "GET TRACKING",
];

describeWithPeer("the simulated NUT server before NUT's own clients", await debianPackages("nut-server"), (peer) => {
  const call = (program: string, ...args: readonly string[]): Promise<string> => run(peer.bin(program), args, { env: peer.env });

  test("upsc lists the UPSs and reads their variables", async () => {
    await using server = await startNutServer({ host: "127.0.0.1", users, upses: () => [simulated("one", []), simulated("two", [])] });
    expect((await call("upsc", "-L", `127.0.0.1:${server.port}`)).trim().split("\n")).toEqual(['one: The "one" \\ UPS', 'two: The "two" \\ UPS']);
    const variables = await call("upsc", `one@127.0.0.1:${server.port}`);
    expect(variables.trim().split("\n")).toEqual(["battery.charge: 81", "ups.beeper.status: enabled", `ups.model: ${model}`, "ups.status: OL CHRG"]);
    expect(await call("upsc", `two@127.0.0.1:${server.port}`, "battery.charge")).toBe("81\n");
    await expect(call("upsc", `three@127.0.0.1:${server.port}`)).rejects.toThrow("Unknown UPS");
  });

  test("upscmd lists and gives commands, follows them to their end, and is refused with a wrong password", async () => {
    const given: string[] = [];
    const ups = simulated("one", given);
    await using server = await startNutServer({ host: "127.0.0.1", users, upses: () => [ups] });
    const at = `one@127.0.0.1:${server.port}`;
    expect(await call("upscmd", "-l", at)).toContain("beeper.disable");
    await call("upscmd", "-w", "-t", "5", "-u", "admin", "-p", "horse", at, "beeper.disable");
    expect(await call("upsc", at, "ups.beeper.status")).toBe("disabled\n");
    await expect(call("upscmd", "-u", "admin", "-p", "wrong", at, "beeper.disable")).rejects.toThrow("ACCESS-DENIED");
    await expect(call("upscmd", "-u", "admin", "-p", "horse", at, "load.off")).rejects.toThrow("CMD-NOT-SUPPORTED");
    expect(given).toEqual(["beeper.disable"]);
  });

  test("it and the real upsd answer the same requests alike", async () => {
    const ups = simulated("one", []);
    await using server = await startNutServer({ host: "127.0.0.1", users, upses: () => [ups] });
    await using upsd = await startUpsd(peer, { upses: { one: { variables: Object.fromEntries(ups.variables()), commands: ups.commands } } });
    const [ours, theirs] = await Promise.all([server.port, upsd.port].map((port) => rawAnswer(port, ...requests)));
    expect(ours).toBe(theirs);
    expect(theirs?.split("\n").length).toBeGreaterThan(requests.length);
  });

  test("our own driver reads and commands it", async () => {
    const given: string[] = [];
    const ups = simulated("one", given);
    await using server = await startNutServer({ host: "127.0.0.1", users, upses: () => [ups] });
    await using opened = await openUps({ port: server.port, ups: "one", username: "admin", password: "horse" });
    expect((await opened.everything()).get("ups ups.charge")).toBe(81);
    await opened.execute("ups", "ups.beeperOff");
    expect((await opened.read({ part: "ups", point: "ups.beeper" })).get("ups ups.beeper")).toBe("disabled");
    expect(await faultOf(opened.execute("ups", "ups.shutdownReturn", soon()))).toMatchObject({ kind: "rejected", written: true });
    expect(given).toEqual(["beeper.disable", "shutdown.return"]);
  });
});
