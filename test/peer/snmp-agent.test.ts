import { expect, test } from "vitest";

import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { describeWithPeer, debianPackages } from "./provision.ts";
import { run } from "./run.ts";
import { simulatedPdu } from "./snmp-pdu.ts";

const root = "1.3.6.1.4.1.318.1.1.26";

// Net-SNMP's own programs judge the simulator's agent: nobody here wrote them.
describeWithPeer("simulated PDU, asked by Net-SNMP", await debianPackages("snmp"), (peer) => {
  const ask = async (port: number, program: string, community: string, ...args: readonly string[]): Promise<string[]> => {
    const version = args[0] === "-v1" ? [] : ["-v2c"];
    const output = await run(
      peer.bin(program),
      [...version, "-c", community, "-On", "-t1", "-r0", ...args].map((one) => (one === "AT" ? `127.0.0.1:${port}` : one)),
      { env: peer.env },
    );
    // The end of the walk is a note of the program, not an object.
    return output
      .trim()
      .split("\n")
      .filter((line) => !line.includes("No more variables") && !line.startsWith("End of MIB"));
  };

  test("walks in order, ends, and gives what the model has", async () => {
    const pdu = simulatedPdu(24);
    await using agent = await startPduAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", pdu: () => pdu });
    const walked = await ask(agent.port, "snmpwalk", "public", "AT", `.${root}`);
    const one = await ask(agent.port, "snmpwalk", "public", "-v1", "AT", `.${root}`);
    expect(walked).toEqual(one);
    expect(walked.length).toBe(10 * 24 + 14);
    expect(walked).toContain(`.${root}.9.2.3.1.3.7 = STRING: "Outlet 7"`);
    expect(walked).toContain(`.${root}.9.4.3.1.7.7 = INTEGER: ${Math.round(pdu.outlets[6]?.watts ?? -1)}`);
    expect(walked).toContain(`.${root}.2.1.8.1 = STRING: "AP8941"`);
  });

  test("answers GETBULK with single and repeated objects", async () => {
    const pdu = simulatedPdu(24);
    await using agent = await startPduAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", pdu: () => pdu });
    const lines = await ask(agent.port, "snmpbulkget", "public", "-Cn1", "-Cr3", "AT", ".1.3.6.1.2.1.1.5", `.${root}.9.2.3.1.5`, `.${root}.9.4.3.1.7`);
    expect(lines.map((line) => line.split(" ")[0]?.replace(`.${root}.9.`, ""))).toEqual([
      ".1.3.6.1.2.1.1.5.0",
      ...[1, 2, 3].flatMap((n) => [`2.3.1.5.${n}`, `4.3.1.7.${n}`]),
    ]);
  });

  test("obeys the write community, refuses the read community and values it does not know", async () => {
    const pdu = simulatedPdu(24);
    await using agent = await startPduAgent({ host: "127.0.0.1", readCommunity: "public", writeCommunity: "private", pdu: () => pdu });
    const object = `.${root}.9.2.4.1.5.3`;
    await ask(agent.port, "snmpset", "private", "AT", object, "i", "2");
    expect(pdu.asked).toEqual([{ number: 3, to: "off" }]);
    await expect(ask(agent.port, "snmpset", "public", "AT", object, "i", "1")).rejects.toThrow(/noAccess/);
    await expect(ask(agent.port, "snmpset", "private", "AT", object, "i", "9")).rejects.toThrow(/wrongValue/);
    await expect(ask(agent.port, "snmpset", "private", "AT", object, "s", "on")).rejects.toThrow(/wrongType/);
    await expect(ask(agent.port, "snmpset", "private", "AT", `.${root}.9.2.3.1.5.3`, "i", "1")).rejects.toThrow(/notWritable/);
    await expect(ask(agent.port, "snmpget", "wrong", "AT", object)).rejects.toThrow(/Timeout/);
    expect(pdu.asked.length).toBe(1);
  });
});
