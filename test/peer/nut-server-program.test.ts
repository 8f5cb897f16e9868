import { once } from "node:events";
import { createServer, connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { rawAnswer, startUpsd } from "./nut-server-rig.ts";
import { freePort } from "./port.ts";
import { configure, prepareProgram } from "./program-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";

const office = { variables: { "ups.status": "OL", "battery.charge": "87" }, commands: ["beeper.mute"] };
const section = (port: number, users: string): string => `nutServer: { listen: "127.0.0.1:${port}", names: { ups: office }, users: [${users}] }`;
const watcher = "{ name: watcher, password: canary-watcher, role: secondary }";
const muter = "{ name: muter, password: canary-muter, commands: [beeper.mute] }";

/** A client that stays. */
const stay = async (port: number): Promise<{ readonly socket: Socket; heard(): string }> => {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(socket, "connect");
  return { socket, heard: () => text };
};

describeWithPeer("the program with a server for NUT's clients", await debianPackages("nut-server"), (peer) => {
  test("serves its UPSs, follows its configuration while clients stay, and keeps passwords to itself", async () => {
    await using upsd = await startUpsd(peer, { upses: { office } });
    const [port, other] = [await freePort("tcp"), await freePort("tcp")];
    const devices = { office: `driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, username: admin, password: "correct horse"` };
    const write = (more: string): string => configure(program.port, devices, more);
    await using program = await prepareProgram((own) => configure(own, devices, section(port, watcher)));
    await program.start();
    const upsc = async (at: number, name: string): Promise<string> =>
      (await run(peer.bin("upsc"), [`${name}@127.0.0.1:${at}`, "battery.charge"], { env: peer.env })).trim();
    await until(async () => (await upsc(port, "office")) === "87", "the UPS is served");
    expect(await upsc(port, "ups")).toBe("87");
    const reload = async (text: string): Promise<void> => {
      program.write(text);
      expect((await program.ask("/api/v1/reload", { method: "POST" })).status).toBe(200);
    };
    const client = await stay(port);
    client.socket.write("USERNAME watcher\nPASSWORD canary-watcher\nLOGIN office\n");
    await until(() => client.heard() === "OK\nOK\nOK\n", "logged in");
    const mute = ["USERNAME muter", "PASSWORD canary-muter", "INSTCMD office beeper.mute"];
    expect(await rawAnswer(port, ...mute)).toContain("ERR ACCESS-DENIED");
    await reload(write(section(port, `${watcher}, ${muter}`)));
    expect(await rawAnswer(port, ...mute)).toBe("OK\nOK\nOK\nOK Goodbye\n");
    expect(upsd.driver("office").given).toEqual(["beeper.mute"]);
    expect((await program.outcomes())[0]).toMatchObject({ command: "ups.beeperMute", by: { via: "nut", user: "muter" } });
    expect((await program.cli("outcomes")).output).toContain("muter");
    expect(await rawAnswer(port, "GET NUMLOGINS office")).toContain("NUMLOGINS office 1\n");
    await reload(write(section(other, watcher)));
    await until(() => client.socket.closed, "the old address is left");
    expect(await upsc(other, "office")).toBe("87");
    await reload(write(""));
    await expect(upsc(other, "office")).rejects.toThrow("Connection refused");
    expect(program.output()).not.toContain("canary");
  });

  test("an address that somebody else has is told, and keeps nothing else from running", async () => {
    const stranger = createServer().listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const { port } = stranger.address() as { port: number };
    await using program = await prepareProgram((own) => configure(own, {}, section(port, watcher).replace("names: { ups: office }, ", "")));
    await program.start();
    const health = await program.ask("/api/v1/health");
    expect(health.body).toMatchObject({ state: "degraded", problems: [`nutServer: cannot listen at 127.0.0.1:${port}: another program has it`] });
    stranger.close();
    await once(stranger, "close");
    expect((await program.ask("/api/v1/reload", { method: "POST" })).status).toBe(200);
    await until(async () => (await rawAnswer(port, "NETVER")) === "1.3\nOK Goodbye\n", "it serves after the next reading");
    expect((await program.ask("/api/v1/health")).body).toMatchObject({ state: "ready" });
  });
});
