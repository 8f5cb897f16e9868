import { afterAll, beforeAll, expect, test } from "vitest";

import { pduColumns, pduObjects } from "./engine-rig.ts";
import { startMosquitto, type Mosquitto } from "./mosquitto.ts";
import { publishPacket, type Relay, startRelay } from "./mqtt-relay.ts";
import { configure, keys, listen, type Listener, prepareProgram, type ProgramRig } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim, type Snmpsim } from "./snmpsim.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({ snmpsim: debianPackages("snmpsim"), snmp: debianPackages("snmp"), mosquitto: debianPackages("mosquitto") });

const topicOf = (outlet: number): string => `rack-power/pdu/outlet/${outlet}/command`;
/** Numbers of the messages that the tests put on the wire themselves. */
const injected = { late: 901, twice: 902 } as const;
/**
 * Whether a piece of the stream acknowledges a message of the broker's at QoS 1 (MQTT 5, section 3.4). A piece may begin in the middle of a packet;
 * what is looked for stands in none of our texts.
 */
const acknowledges = (piece: Buffer): boolean =>
  [...piece.toString("latin1").matchAll(/@[\x02-\x04]([\s\S]{2})/g)].some(([, id = ""]) => {
    const number = Buffer.from(id, "latin1").readUInt16BE();
    return number !== injected.late && number !== injected.twice;
  });

describeWithPeer("commands to the whole program", together, () => {
  let pdu: Snmpsim;
  let broker: Mosquitto;
  let relay: Relay;
  let ear: Listener;
  let program: ProgramRig;
  let losing = false;
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    pdu = stack.use(await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects()));
    broker = stack.use(await startMosquitto(peers.mosquitto));
    relay = stack.use(
      await startRelay(broker.port, (sent) => {
        if (losing && acknowledges(sent)) {
          losing = false;
          relay.cut();
        }
        return undefined;
      }),
    );
    ear = stack.use(await listen(broker.url));
    const parts = "outlet/1: { lock: locked }, outlet/10: { lock: confirm }, outlet/2: { lock: confirm, allowHomeAssistant: true }";
    const device = `driver: snmp, host: 127.0.0.1, port: ${pdu.port}, community: public, interval: 1s, parts: { ${parts} }`;
    program = stack.use(await prepareProgram((port) => configure(port, { pdu: device }, `mqtt: { url: "${relay.url}" }`)));
  });
  afterAll(() => stack.disposeAsync());
  const outcomesOf = async (outlet: number): Promise<readonly (readonly unknown[])[]> =>
    (await program.outcomes())
      .filter(({ part }) => part === `outlet/${outlet}`)
      .map(({ command, state, refusal, by }) => [command, state, refusal ?? "", by.key ?? by.via]);
  const online = (): Promise<unknown> =>
    until(async () => (await program.device("pdu")).connection.state === "online" && ear.last("rack-power/status") === "online", "online", 20_000);

  test("what the broker kept and what was given before the subscription is not done: cleared, written down, no write", async () => {
    await ear.client.publishAsync(topicOf(2), "outlet.on", { retain: true, qos: 1 });
    await ear.client.publishAsync(topicOf(2), "outlet.on", { qos: 1 });
    await program.start();
    await online();
    await until(async () => (await outcomesOf(2)).length > 0, "the audit row");
    expect(await outcomesOf(2)).toEqual([["outlet.on", "refused", "retained", "mqtt"]]);
    expect([...(await ear.kept("rack-power/+/+/+/command")).keys()]).toEqual([]);
    expect(pdu.writes()).toEqual([]);
  });

  test("what is delivered again is done once", async () => {
    const before = (await outcomesOf(2)).length;
    relay.inject(publishPacket(topicOf(2), '{"command":"outlet.on"}', { again: true, id: injected.late }));
    await until(async () => (await outcomesOf(2)).length === before + 1, "refused");
    expect((await outcomesOf(2))[0]).toEqual(["outlet.on", "refused", "late", "mqtt"]);
    expect(pdu.writes()).toEqual([]);
    relay.inject(publishPacket(topicOf(2), "outlet.on", { again: false, id: injected.twice }));
    relay.inject(publishPacket(topicOf(2), "outlet.on", { again: true, id: injected.twice }));
    await until(async () => (await outcomesOf(2)).length === before + 3, "one done, one refused");
    expect((await outcomesOf(2)).slice(0, 2)).toEqual(
      expect.arrayContaining([
        ["outlet.on", "confirmed", "", "mqtt"],
        ["outlet.on", "refused", "duplicate", "mqtt"],
      ]),
    );
    expect(pdu.writes()).toEqual(["2 1"]);
  });

  test("one whose acknowledgement is lost with the connection is done once", async () => {
    losing = true;
    await ear.client.publishAsync(topicOf(2), "outlet.off", { qos: 1 });
    await until(async () => !losing && pdu.writes().length === 2, "done, and cut");
    const said = ear.messages.length;
    await until(() => ear.messages.slice(said).some(({ topic, text }) => topic === "rack-power/status" && text === "online"), "connected again", 20_000);
    await ear.client.publishAsync(topicOf(2), "outlet.off", { qos: 1 });
    await until(async () => (await outcomesOf(2))[1]?.[1] === "confirmed", "the next one");
    expect(pdu.writes()).toEqual(["2 1", "2 2"]);
  });

  test("a locked outlet is refused on every path, with the reason, and nothing is written", async () => {
    const writes = pdu.writes();
    const rest = await program.command("pdu", "outlet/1", "outlet.off", { confirm: "anything" });
    expect(rest).toMatchObject({ status: 423, body: { detail: expect.stringContaining("locked") as string } });
    for (const word of ["on", "off", "cycle"]) {
      const { code, output } = await program.cli("drive", "pdu", "outlet/1", word);
      expect(code).toBe(3);
      expect(output).toContain("locked");
    }
    await ear.client.publishAsync(topicOf(1), "outlet.off", { qos: 1 });
    const told = await until(() => ear.last("rack-power/pdu/outlet/1/outcome")?.includes('"mqtt"') && ear.last("rack-power/pdu/outlet/1/outcome"), "told");
    expect(JSON.parse(String(told))).toMatchObject({ state: "refused", refusal: "locked" });
    expect((await outcomesOf(1)).map(([, state, refusal, by]) => [state, refusal, by])).toEqual([
      ["refused", "locked", "mqtt"],
      ...Array.from({ length: 4 }, () => ["refused", "locked", "tests"]),
    ]);
    expect(pdu.writes()).toEqual(writes);
  });

  test("one that asks for confirmation takes its token by REST and by the command line, once, and never by MQTT unless that is allowed in words", async () => {
    const writes = pdu.writes();
    const asked = await program.command("pdu", "outlet/10", "outlet.on");
    expect(asked).toMatchObject({ status: 423, body: { confirm: expect.any(String) as string } });
    const confirm = String(asked.body["confirm"]);
    expect(await program.command("pdu", "outlet/10", "outlet.cycle", { confirm })).toMatchObject({ status: 423 });
    await ear.client.publishAsync(topicOf(10), "outlet.on", { qos: 1 });
    await until(async () => (await outcomesOf(10))[0]?.[3] === "mqtt", "refused");
    expect((await outcomesOf(10))[0]).toEqual(["outlet.on", "refused", "confirmation-needed", "mqtt"]);
    expect(pdu.writes()).toEqual(writes);
    expect(await program.command("pdu", "outlet/10", "outlet.on", { confirm })).toMatchObject({ status: 200, body: { state: "confirmed" } });
    expect(await program.command("pdu", "outlet/10", "outlet.off", { confirm })).toMatchObject({ status: 423 });
    const refused = await program.cli("drive", "pdu", "outlet/10", "off");
    expect(refused.code).toBe(3);
    const [, token = ""] = /--confirm (\S+)/.exec(refused.output) ?? [];
    expect(await program.cli("drive", "pdu", "outlet/10", "off", "--confirm", token)).toMatchObject({ code: 0 });
    // Each was good once, also for the same command.
    expect(await program.command("pdu", "outlet/10", "outlet.on", { confirm })).toMatchObject({ status: 423 });
    expect((await program.cli("drive", "pdu", "outlet/10", "off", "--confirm", token)).code).toBe(3);
    expect(pdu.writes()).toEqual([...writes, "10 1", "10 2"]);
    for (const secret of [confirm, token]) expect(ear.messages.filter(({ text }) => text.includes(secret))).toEqual([]);
  });

  test("a key that may only look is told so, and switches nothing", async () => {
    const writes = pdu.writes();
    expect(await program.ask("/api/v1/devices/pdu/parts/outlet/5/commands", { method: "POST", body: { command: "outlet.off" }, key: keys.look })).toMatchObject(
      { status: 403 },
    );
    expect(pdu.writes()).toEqual(writes);
  });

  test("an outlet whose name changed is not switched until somebody accepts the new one, by REST or by the command line", async () => {
    const writes = pdu.writes();
    const path = "/api/v1/devices/pdu/parts/outlet/5/label";
    pdu.set(`${pduColumns.label}.5`, "Freezer");
    expect(await program.command("pdu", "outlet/5", "outlet.off")).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("Freezer") as string },
    });
    expect(await program.ask(path, { method: "PUT", body: { label: "Fridge" } })).toMatchObject({ status: 409 });
    expect(await program.cli("drive", "pdu", "outlet/5", "off")).toMatchObject({ code: 3 });
    expect(pdu.writes()).toEqual(writes);
    expect(await program.ask(path, { method: "PUT", body: { label: "Freezer" } })).toMatchObject({ status: 204 });
    expect(await program.command("pdu", "outlet/5", "outlet.off")).toMatchObject({ status: 200 });
    pdu.set(`${pduColumns.label}.5`, "Lamp");
    expect(await program.cli("drive", "pdu", "outlet/5", "on")).toMatchObject({ code: 3 });
    expect(await program.cli("accept", "pdu", "outlet/5", "Freezer")).not.toMatchObject({ code: 0 });
    expect(await program.cli("accept", "pdu", "outlet/5", "Lamp")).toMatchObject({ code: 0 });
    expect(await program.cli("drive", "pdu", "outlet/5", "on")).toMatchObject({ code: 0 });
    expect(pdu.writes()).toEqual([...writes, "5 2", "5 1"]);
  });
});
