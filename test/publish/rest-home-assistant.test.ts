import { expect, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import type { AtHomeAssistant } from "#publish/rest/option.ts";
import { startRig, type Rig } from "./rest-rig.ts";

const counters = ["sensor.a", "sensor.b"].map((sensor) => ({ sensor, name: sensor, power: `${sensor}_power`, within: "sensor.total" }));
const left = ["a", "b"].map((id) => ({ entityId: `sensor.${id}`, uniqueId: `rack-power_${id}`, name: id }));
const home: AtHomeAssistant = {
  energy: async () => counters,
  addEnergy: async (agreed) => counters.filter(({ sensor }) => agreed.includes(sensor)),
  orphans: async () => left,
  removeOrphans: async (agreed) => left.filter(({ uniqueId }) => agreed.includes(uniqueId)),
};
const paths = [
  ["energy", { sensors: ["sensor.b", "sensor.none"] }],
  ["orphans/remove", { uniqueIds: ["rack-power_a"] }],
] as const;
const send = (rig: Rig, path: string, body: unknown): Promise<Response> =>
  rig.ask(`/api/v1/home-assistant/${path}`, "admin", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("what could be done at Home Assistant, and what was", async () => {
  await using rig = await startRig({ home });
  expect(await (await rig.ask("/api/v1/home-assistant/energy", "read")).json()).toEqual(counters);
  expect(await (await rig.ask("/api/v1/home-assistant/orphans", "read")).json()).toEqual(left);
  const answers = await Promise.all(paths.map(async ([path, body]) => (await send(rig, path, body)).json()));
  expect(answers).toEqual([[counters[1]], [left[0]]]);
  for (const [path] of paths)
    for (const body of [{}, { sensors: "a" }, { uniqueIds: [3] }, { sensors: [""], uniqueIds: [] }, []]) expect((await send(rig, path, body)).status).toBe(422);
  // Thousands at once are more than other bodies may hold.
  const many = Array.from({ length: 4_000 }, (_, at) => `rack-power_a-device-with-a-name_${at}`);
  expect((await send(rig, "orphans/remove", { uniqueIds: many })).status).toBe(200);
});

test.each([
  ["outside of an add-on", undefined, 404, /does not run as an add-on/],
  ["while Home Assistant is away", new Fault("unreachable", "There is no connection to Home Assistant yet"), 503, /no connection to Home Assistant yet/],
  ["when its token is refused", new Fault("denied", "Home Assistant does not accept the token"), 502, /does not accept/],
  ["when it takes too long", new Fault("timeout", "Home Assistant did not answer get_states within 30 s"), 504, /did not answer/],
] as const)("%s each path says so in one sentence", async (_, fault, status, sentence) => {
  const fail = (): Promise<never> => Promise.reject(fault ?? new Error("never"));
  const broken: AtHomeAssistant = { energy: fail, addEnergy: fail, orphans: fail, removeOrphans: fail };
  await using rig = await startRig({ home: fault ? broken : null });
  const answers = await Promise.all([
    rig.ask("/api/v1/home-assistant/energy", "read"),
    rig.ask("/api/v1/home-assistant/orphans", "read"),
    ...paths.map(([path, body]) => send(rig, path, body)),
  ]);
  for (const answer of answers) {
    const { detail } = (await answer.json()) as { detail: string };
    expect([answer.status, detail]).toEqual([status, expect.stringMatching(sentence)]);
  }
});

test("without a broker nobody knows what is left over", async () => {
  await using rig = await startRig({ home: { ...home, orphans: async () => undefined, removeOrphans: async () => undefined } });
  const answers = [await rig.ask("/api/v1/home-assistant/orphans", "read"), await send(rig, "orphans/remove", { uniqueIds: ["rack-power_a"] })];
  for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("no broker")]);
});
