import { expect, test } from "vitest";

import { nutAdmin, pduColumns, pduObjects, upsWithOutlet } from "./engine-rig.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import { configure, listen, type Listener, prepareProgram } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { startSnmpsim } from "./snmpsim.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({
  snmpsim: debianPackages("snmpsim"),
  snmp: debianPackages("snmp"),
  nut: debianPackages("nut-server"),
  mosquitto: debianPackages("mosquitto"),
});

interface ShownEntry {
  readonly value: unknown;
  readonly at: string;
}
const entry = (part: { readonly readings: object } | undefined, point: string): ShownEntry | undefined =>
  (part?.readings as Readonly<Record<string, ShownEntry>> | undefined)?.[point];

/** Every total that the broker was told of an outlet, in order. */
const totalsOf = (ear: Listener, outlet: number): readonly number[] =>
  ear.messages.flatMap(({ topic, text }) => {
    const energy = topic === `rack-power/pdu/outlet/${outlet}` ? (JSON.parse(text) as { meter: { energy: number | null } }).meter.energy : null;
    return energy === null ? [] : [energy];
  });

describeWithPeer("a program that is killed", together, () => {
  test.concurrent("between the halves of a cycle switches the outlet on again when it is back, with one write", async () => {
    const upsd: Upsd = await startUpsd(peers.nut, {
      upses: { office: upsWithOutlet((name) => (upsd.driver("office").set({ "outlet.1.status": name.endsWith(".on") ? "on" : "off" }), 0)) },
    });
    await using _upsd = upsd;
    const device = `driver: nut, host: 127.0.0.1, port: ${upsd.port}, ups: office, username: ${nutAdmin.username}, password: "${nutAdmin.password}", interval: 1s`;
    await using program = await prepareProgram((port) => configure(port, { ups: device }));
    const { given } = upsd.driver("office");
    const isOn = async (): Promise<unknown> => {
      const { connection, parts } = await program.device("ups");
      return (
        connection.state === "online" &&
        entry(
          parts.find(({ id }) => id === "outlet/1"),
          "outlet.on",
        )?.value
      );
    };
    await program.start();
    await until(async () => (await isOn()) === true, "on");
    void program.command("ups", "outlet/1", "outlet.cycle", { reason: "test" }).catch(() => undefined);
    await until(async () => given.length === 1 && (await isOn()) === false, "off");
    expect(await program.kill("SIGKILL")).toBe("SIGKILL");
    expect(given).toEqual(["outlet.1.load.off"]);
    await program.start();
    await until(async () => (await isOn()) === true, "on again", 15_000);
    const [last] = await until(async () => ((await program.outcomes()).length > 0 ? program.outcomes() : undefined), "written down");
    expect(last).toMatchObject({ command: "outlet.on", state: "confirmed", writes: 1, by: { via: "engine" } });
    await program.kill("SIGKILL");
    await program.start();
    await until(async () => (await isOn()) === true, "still on", 15_000);
    expect(await program.command("ups", "outlet/1", "outlet.on")).toMatchObject({ body: { writes: 0 } });
    expect(given).toEqual(["outlet.1.load.off", "outlet.1.load.on"]);
  });

  test.concurrent("never lets a total of energy fall or jump, nor does a device that shows zero, wraps or starts anew", async () => {
    await using pdu = await startSnmpsim(peers.snmpsim, peers.snmp, pduObjects());
    await using broker = await startMosquitto(peers.mosquitto);
    await using ear = await listen(broker.url);
    // An unsigned number of 32 bits in tenths of kWh, short of its end.
    pdu.database.exec("update apc set tag = '66' where oid like '%         9.         4.         3.         1.        11.        10'");
    const show = (one: number, other: number): void => {
      pdu.set(`${pduColumns.energy}.1`, one);
      pdu.set(`${pduColumns.energy}.10`, other);
    };
    const last = (outlet: number): number => totalsOf(ear, outlet).at(-1) ?? Number.NaN;
    const reaches = (outlet: number, total: number): Promise<unknown> =>
      until(() => Math.abs(last(outlet) - total) < 0.001, `outlet ${outlet} at ${total} kWh, not ${last(outlet)}`, 15_000);
    /** Waits until the device was read so often. */
    const polls = async (count: number): Promise<void> => {
      let seen = 0;
      let at = "";
      await until(
        async () => {
          const now = String(
            entry(
              (await program.device("pdu")).parts.find(({ id }) => id === "outlet/2"),
              "outlet.on",
            )?.at,
          );
          if (now !== at) seen++;
          at = now;
          return seen > count;
        },
        `${count} polls`,
        15_000,
      );
    };
    show(3046, 4_294_967_290);
    const device = `driver: snmp, host: 127.0.0.1, port: ${pdu.port}, community: public, interval: 500ms`;
    await using program = await prepareProgram((port) => configure(port, { pdu: device }, `mqtt: { url: "${broker.url}" }`));
    await program.start();
    await Promise.all([reaches(1, 304.6), reaches(10, 429_496_729)]);
    show(3048, 4_294_967_294);
    await Promise.all([reaches(1, 304.8), reaches(10, 429_496_729.4)]);

    // A spurious zero, and the wrap: 4294967294 → 3.
    show(0, 1);
    await polls(1);
    show(3049, 2);
    await reaches(1, 304.9);
    await polls(3);
    show(3050, 4);
    await reaches(1, 305);
    await until(() => last(10) > 429_496_729.4, "the wrapped counter goes on", 15_000);
    const wrapped = last(10);
    show(3050, 6);
    await reaches(10, wrapped + 0.2);

    // Killed right after it published, and the device starts anew meanwhile.
    show(3053, 8);
    await Promise.all([reaches(1, 305.3), reaches(10, wrapped + 0.4)]);
    await program.kill("SIGKILL");
    show(0, 9);
    await program.start();
    await polls(4);
    show(1, 10);
    await polls(2);
    const anew = last(1);
    show(4, 12);
    await Promise.all([until(() => last(1) >= anew + 0.1, "goes on", 15_000), reaches(10, wrapped + 0.8)]);

    // Killed soon after the new level was believed; a zero is the first thing the device says afterwards.
    const before = last(1);
    await program.kill("SIGKILL");
    show(0, 12);
    await program.start();
    await polls(1);
    show(5, 13);
    await until(() => last(1) > before, "goes on after the zero", 15_000);

    for (const [outlet, flowed] of [
      [1, 1.2],
      [10, 1.9],
    ] as const) {
      const totals = totalsOf(ear, outlet);
      expect(totals.length).toBeGreaterThan(6);
      expect(totals, `outlet ${outlet}`).toEqual(totals.toSorted((a, b) => a - b));
      expect((totals.at(-1) ?? 0) - (totals[0] ?? 0), `outlet ${outlet}`).toBeLessThanOrEqual(flowed + 0.001);
    }
  });
});
