import { expect, test } from "vitest";
import { startRig } from "#test/publish/rest-rig.ts";
import { startProcess } from "./process.ts";
import { describeWithPeer, pythonPackages } from "./provision.ts";

const prometheus = await pythonPackages("prometheus", "prometheus-client==0.26.0");

/** Prometheus' own parser of its text format. */
const script = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[family.name, family.type, [[s.name, s.labels, s.value] for s in family.samples]] for family in text_string_to_metric_families(sys.stdin.read())]))
`;

type Family = readonly [name: string, type: string, samples: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, value: number])[]];

describeWithPeer("the Prometheus client's parser", prometheus, (peer) => {
  test("reads the metrics: types, names and labels, whatever a device calls itself", async () => {
    await using rig = await startRig();
    const model = 'odd "model"\\ of\ntwo lines';
    rig.store.describe("web", { model, parts: [{ id: "chassis", points: ["chassis.on"], commands: [] }] });
    const answer = await rig.ask("/metrics", "read");
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    await using run = await startProcess(peer.bin("python"), ["-c", script], { env: peer.env, input: await answer.text() });
    expect(await run.ended, run.output()).toBe(0);
    const families = JSON.parse(run.output()) as readonly Family[];
    const named = (name: string): Family | undefined => families.find((family) => family[0] === name);
    expect(named("rack_power_meter_energy_joules")?.[1]).toBe("counter");
    expect(named("rack_power_meter_power_watts")?.[1]).toBe("gauge");
    expect(named("rack_power_meter_power_watts")?.[2][0]).toEqual(["rack_power_meter_power_watts", { device: "rack-pdu", part: "outlet/3" }, 44.04]);
    expect(named("rack_power_device_info")?.[2].map(([, labels]) => labels["model"])).toEqual(["AP8941", model, "", ""]);
    const samples = families.flatMap((family) => family[2]);
    expect(samples.length).toBe(3 * 3 + 1 + 4 + 4 + 1);
  });
});
