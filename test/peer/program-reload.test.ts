import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

import { expect, test } from "vitest";

import { pduObjects, upsWithOutlet } from "./engine-rig.ts";
import { startIpmiSim } from "./ipmi-sim.ts";
import { simSensors } from "./ipmi-sim-sensor.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { startUpsd } from "./nut-server-rig.ts";
import { configure, keys, listen, prepareProgram } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim } from "./snmpsim.ts";
import { udpRelay } from "./udp-relay.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  ipmi: debianPackages("openipmi"),
  mosquitto: debianPackages("mosquitto"),
});

/** RMCP+ Open Session Request: payload type 10h in the session header (IPMI 2.0, 13.17). */
const opensSession = (datagram: Buffer): boolean => datagram[4] === 0x06 && datagram[5] === 0x10;

/** A broker far away: what it says arrives so many milliseconds later. */
const startDelay = async (port: number, ms: number): Promise<{ readonly port: number } & AsyncDisposable> => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(port, "127.0.0.1");
    for (const socket of [client, broker]) sockets.add(socket.setNoDelay().on("error", () => undefined));
    client.on("data", (sent) => broker.write(sent)).on("close", () => broker.destroy());
    broker.on("data", (said) => setTimeout(() => client.write(said), ms)).on("close", () => setTimeout(() => client.destroy(), ms));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

describeWithPeer("the configuration of a running program", together, () => {
  test.concurrent("read again: unchanged devices keep their connection, changed ones are opened anew, wrong ones are quarantined and shown", async () => {
    await using upsd = await startUpsd(peers.nut, { upses: { office: upsWithOutlet(() => 0) } });
    await using nut = await startNutProxy(upsd.port);
    await using bmc = await startIpmiSim(peers.ipmi, { sensors: simSensors(1), on: true });
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    let sessions = 0;
    await using ipmi = await udpRelay({
      to: bmc,
      act: (direction, datagram) => {
        if (direction === "request" && opensSession(datagram)) sessions++;
        return "pass";
      },
    });
    const ups = `driver: nut, host: 127.0.0.1, port: ${nut.port}, ups: office, interval: 1s`;
    const web = `driver: ipmi, host: 127.0.0.1, port: ${ipmi.port}, username: ADMIN, password: ADMIN, interval: 1s`;
    const rack = `driver: snmp, host: 127.0.0.1, port: ${pdu.port}, community: public, interval: 1s`;
    await using program = await prepareProgram((port) => configure(port, { ups, web, rack }));
    const write = (devices: Readonly<Record<string, string>>): void => program.write(configure(program.port, devices));
    const state = async (id: string): Promise<string> => (await program.device(id)).connection?.state ?? "none";
    const times = (text: string): number => program.output().split(text).length - 1;
    const online = (...ids: readonly string[]): Promise<unknown> =>
      until(async () => (await Promise.all(ids.map(state))).every((one) => one === "online"), `${ids.join()} online`, 20_000);
    await program.start();
    await online("ups", "web", "rack");
    const first = sessions; // It may take two, as the first cipher suite that is asked for is better than what this BMC has.
    expect(first).toBeGreaterThan(0);
    expect(nut.made).toBe(1);

    // Names, locks and intervals cost no connection; a new device comes, by signal.
    write({ ups: `${ups}, name: Office`, web, rack: `${rack}, parts: { outlet/1: { lock: locked } }`, twin: `${ups}, name: Twin` });
    program.signal("SIGHUP");
    await until(async () => (await state("twin")) === "online", "the new device", 15_000);
    expect((await program.device("ups")).name).toBe("Office");
    expect(await program.command("rack", "outlet/1", "outlet.off")).toMatchObject({ status: 423 });
    expect([nut.made, nut.open, sessions]).toEqual([1, 1, first]);

    // A file that is wrong as a whole changes nothing, and says where.
    program.write("devices: [\n  oops: {");
    const refused = await program.ask("/api/v1/reload", { method: "POST" });
    expect(refused).toMatchObject({ status: 422 });
    expect(JSON.stringify(refused.body)).toMatch(/rack-power\.yaml:\d+:\d+/);
    program.write(`${configure(program.port, { ups })}\nmqtt: { url: "http://127.0.0.1" }\n`);
    const before = times("is no address of a broker");
    program.signal("SIGHUP");
    await until(() => times("is no address of a broker") > before, "said so");
    expect(program.output()).toMatch(/rack-power\.yaml:\d+:\d+: mqtt\.url: is no address of a broker/);
    expect(await Promise.all(["ups", "web", "rack", "twin"].map(state))).toEqual(["online", "online", "online", "online"]);
    expect([nut.made, sessions]).toEqual([1, first]);
    expect(await program.ask("/api/v1/reload", { method: "POST", key: keys.look })).toMatchObject({ status: 403 });

    // One wrong entry: that device is shown with the reason, the others never notice; one that is gone is gone.
    write({ ups: `${ups}, name: Office`, web, rack: rack.replace("port:", "prot:") });
    expect(await program.ask("/api/v1/reload", { method: "POST" })).toMatchObject({
      status: 200,
      body: { accepted: true, problems: [expect.stringContaining("prot") as string] },
    });
    const { connection, parts } = await program.device("rack");
    expect(connection).toMatchObject({ state: "quarantined", detail: expect.stringMatching(/rack-power\.yaml:\d+:\d+.*Did you mean "port"/) as string });
    expect(
      parts.flatMap(({ readings }) => Object.values(readings as Readonly<Record<string, { quality: string }>>)).filter(({ quality }) => quality === "good"),
    ).toEqual([]);
    expect(await program.command("rack", "outlet/2", "outlet.on")).toMatchObject({ status: 503 });
    expect((await program.ask("/api/v1/devices/twin")).status).toBe(404);
    expect((await program.ask("/api/v1/health")).body["state"]).toBe("degraded");
    expect([nut.made, nut.open, sessions]).toEqual([1, 1, first]);

    // Repaired, it is back; another login is another session, and only there.
    write({ ups: `${ups}, name: Office`, web: web.replaceAll("ADMIN", "oper").replace("password: oper", "password: operpw, privilege: operator"), rack });
    expect(await program.ask("/api/v1/reload", { method: "POST" })).toMatchObject({ status: 200, body: { problems: [] } });
    await online("rack", "web", "ups");
    expect(sessions).toBeGreaterThan(first);
    expect(nut.made).toBe(1);
    expect(pdu.writes()).toEqual([]);
    expect(await program.kill("SIGTERM")).toBe(0);
    expect(nut.open).toBe(0);
  });

  test.concurrent("a wrong mqtt or rest section, or a port that is taken, ends the start with code 78, and says where", async () => {
    await using taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port: busy } = taken.address() as { port: number };
    const rest = `rest: { listen: "127.0.0.1:${busy}", keys: [] }`;
    const cases: readonly (readonly [string, RegExp])[] = [
      ['mqtt: { url: "http://127.0.0.1" }', /rack-power\.yaml:1:\d+: mqtt\.url/],
      ["mqtt: { url: mqtt://127.0.0.1, pasword: geheim-geheim }", /rack-power\.yaml:1:\d+: mqtt\.pasword.*password/],
      ["mqtt: { url: mqtt://127.0.0.1, password: !secret nothing }", /rack-power\.yaml:1:\d+: mqtt\.password/],
      ["mqtt: { url: mqtts://127.0.0.1, tls: { ca: nowhere.pem } }", /rack-power\.yaml:1:\d+: mqtt\.tls\.ca/],
      ["rest: { listen: nonsense }", /rack-power\.yaml:1:\d+: rest\.listen/],
      ["rest: { keys: [ { name: me, key: short, scopes: [read] } ] }", /rack-power\.yaml:1:\d+: rest\.keys/],
      [rest, /rest\.listen/],
      ["nonsense: 1", /rack-power\.yaml:1:1: nonsense/],
      ["data: ./rack-power.yaml", /data: the folder/],
    ];
    let ended = 0;
    for (const [text, place] of cases) {
      await using program = await prepareProgram(() => `${text}\n`);
      expect(await program.end(), text).toBe(78);
      expect(program.output(), text).toMatch(place);
      expect(program.output(), text).not.toMatch(/^\s+at .*\(|geheim/m);
      ended++;
    }
    expect(ended).toBe(9);
  });

  test.concurrent("asked to end while it still introduces itself to a slow broker, its last word there is offline", async () => {
    await using broker = await startMosquitto(peers.mosquitto);
    await using far = await startDelay(broker.port, 300);
    await using ear = await listen(broker.url);
    await using program = await prepareProgram((port) => configure(port, {}, `mqtt: { url: "mqtt://127.0.0.1:${far.port}" }`));
    for (let round = 1; round <= 2; round++) {
      await program.start();
      await until(() => program.output().split("connected to").length > round, "connected", 15_000);
      expect(await program.kill("SIGTERM")).toBe(0);
      expect((await ear.kept("rack-power/status")).get("rack-power/status")).not.toBe("online");
      expect(ear.messages.findLast(({ topic }) => topic === "rack-power/status")?.text).not.toBe("online");
    }
    expect(program.output()).not.toMatch(/ERROR|did not expect/);
  });

  test.concurrent("asked to end at any moment, it ends with 0 and leaves offline at the broker", async () => {
    await using broker = await startMosquitto(peers.mosquitto);
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    const silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
    await using ear = await listen(broker.url);
    const devices = {
      rack: `driver: snmp, host: 127.0.0.1, port: ${pdu.port}, community: public`,
      gone: `driver: snmp, host: 127.0.0.1, port: ${silent.address().port}, community: public`,
    };
    await using program = await prepareProgram((port) => configure(port, devices, `mqtt: { url: "${broker.url}" }`));
    const status = (): string | undefined => ear.last("rack-power/status");
    let births = 0;
    for (let round = 0; round < 10; round++) {
      await program.start();
      // At once, while it connects, or when it is there.
      if (round >= 4) await until(() => status() === "online", "online", 15_000);
      if (round >= 4) births++;
      if (round % 2 === 0) void program.command("rack", "outlet/2", round % 4 === 0 ? "outlet.on" : "outlet.off").catch(() => undefined);
      expect(await program.kill(round % 3 === 0 ? "SIGINT" : "SIGTERM"), `round ${round}`).toBe(0);
      if (round >= 4) expect((await ear.kept("rack-power/status")).get("rack-power/status")).toBe("offline");
      else expect((await ear.kept("rack-power/status")).get("rack-power/status")).not.toBe("online");
    }
    silent.close();
    expect(births).toBe(6);
    expect(program.output()).not.toMatch(/ERROR|did not expect/);
  });
});
