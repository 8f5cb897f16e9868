import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { obey, startRackControl } from "#simulator/rack/control.ts";
import { createRack } from "#simulator/rack/rack.ts";

const ask = async (port: number, text: string, answers: number): Promise<string> => {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  await once(socket, "connect");
  socket.write(text);
  let heard = "";
  for await (const chunk of socket) {
    heard += String(chunk);
    if (heard.split("\n\n").length > answers) break;
  }
  return heard;
};

test("mains and outlets follow what is said on the port", async () => {
  const rack = createRack();
  await using control = await startRackControl(rack);
  expect(await ask(control.port, "mains off\r\n", 1)).toBe("mains: off\n\n");
  expect(rack.mains).toBe(false);
  expect(await ask(control.port, "OUTLET 3 off\noutlet 5 cycle\n", 2)).toBe("outlet 3: off\n\noutlet 5: cycle\n\n");
  expect(rack.pdu.outlets[2]?.on).toBe(false);
  const status = await ask(control.port, "status\n", 1);
  expect(status).toContain("mains: off\nups office: OB DISCHRG, 100 %\nups rack: OB DISCHRG, 100 %\n");
  expect(status).toContain("outlet 3: web, off, 0 W\n");
  expect(status).toContain("outlet 5: NAS, cycling, 0 W\n");
  expect(status).toContain("server web: off, 0 W, on outlet 3\n");
});

test.each(["mains", "mains maybe", "outlet 3", "outlet x on", "outlet -1 on", "reboot", "status now"])("%s is refused with what is possible", (line) => {
  expect(obey(createRack(), line)).toEqual(["ERR expected one of", "mains off | on", "outlet NUMBER off | on | cycle", "status"]);
});

test("an outlet that is not there", () => {
  expect(obey(createRack(), "outlet 25 off")).toEqual(["ERR there is no outlet 25"]);
});

test("a line without end closes the connection, and the port goes on", async () => {
  await using control = await startRackControl(createRack());
  const socket = connect(control.port, "127.0.0.1");
  socket.on("error", () => undefined).write("x".repeat(10_000));
  await once(socket, "close");
  expect(await ask(control.port, "mains on\n", 1)).toBe("mains: on\n\n");
});
