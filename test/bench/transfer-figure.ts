import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { startHomeAssistant, type HomeAssistant } from "../peer/home-assistant.ts";
import { debianPackages, type Peer } from "../peer/debian-peer.ts";
import { startMosquitto } from "../peer/mosquitto.ts";
import { startNutProxy } from "../peer/nut-proxy.ts";
import { startUpsd, type Upsd } from "../peer/nut-server-rig.ts";
import { freePort } from "../peer/port.ts";
import { pythonPackages, type Provision } from "../peer/provision.ts";
import { until } from "../peer/until.ts";
import { connectAsync } from "mqtt";
import { type Figure, figureOf } from "./figure.ts";
import { runProgram } from "./run-program.ts";
import { monotonic } from "./start-responder.ts";

const turns = 40;
const warmUp = 5;

/** Somebody who waits for the UPS to be on its battery, or on line again. */
interface Watcher {
  see(onBattery: boolean): Promise<number>;
}

/** When each of the two was last told. */
const createWatcher = (): Watcher & { told(onBattery: boolean): void } => {
  let waiting: { readonly onBattery: boolean; readonly done: PromiseWithResolvers<number> } | undefined;
  return {
    see: (onBattery) => {
      waiting = { onBattery, done: Promise.withResolvers() };
      return waiting.done.promise;
    },
    told: (onBattery) => {
      if (waiting?.onBattery !== onBattery) return;
      waiting.done.resolve(monotonic());
      waiting = undefined;
    },
  };
};

const need = async (what: string, found: Promise<Provision>): Promise<Peer> => {
  const peer = await found;
  if (!peer.ok) throw new Error(`without ${what} there is nobody to see it: ${peer.why}`);
  return peer;
};

/** A client of NUT that asks again as soon as it has the answer, as none does. */
const watchNut = async (port: number): Promise<Watcher & Disposable> => {
  const watcher = createWatcher();
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const ask = (): void => void socket.write("GET VAR office-ups ups.status\n");
  createInterface(socket).on("line", (line) => {
    watcher.told(line.includes("OB"));
    if (!socket.destroyed) setTimeout(ask, 1);
  });
  ask();
  return { see: watcher.see, [Symbol.dispose]: () => void socket.destroy() };
};

const watchCore = async (core: HomeAssistant): Promise<Watcher> => {
  const watcher = createWatcher();
  await core.entity("binary_sensor.office_ups_on_battery", "off", 30_000);
  await core.connection.subscribeMessage(
    ({ variables }: { readonly variables: { readonly trigger: { readonly to_state: { readonly state: string } } } }) =>
      watcher.told(variables.trigger.to_state.state === "on"),
    { type: "subscribe_trigger", trigger: { platform: "state", entity_id: "binary_sensor.office_ups_on_battery" } },
  );
  return watcher;
};

/** Milliseconds from the answer to our poll until the last of them has seen it. */
const measure = async (upsd: Upsd, polled: Watcher, watchers: readonly Watcher[]): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const onBattery = turn % 2 === 0;
    const at = polled.see(onBattery);
    const seen = watchers.map((watcher) => watcher.see(onBattery));
    upsd.driver("office").set({ "ups.status": onBattery ? "OB DISCHRG" : "OL CHRG" });
    const last = Math.max(...(await Promise.all(seen))) - (await at);
    if (turn >= warmUp) times.push(last);
  }
  return times;
};

/** transfer: how long after our own poll has brought it everybody sees that a UPS went to its battery, or back: a client of the broker, one of our NUT server, Home Assistant. */
export const measureTransfer = async (): Promise<readonly Figure[]> => {
  const nut = await need("upsd", debianPackages("nut-server"));
  const mosquitto = await need("mosquitto", debianPackages("mosquitto"));
  const python = await need("Home Assistant", pythonPackages("homeassistant"));
  await using upsd = await startUpsd(nut, { upses: { office: { variables: { "ups.status": "OL CHRG", "battery.charge": "87", "ups.load": "23" } } } });
  const polled = createWatcher();
  await using proxy = await startNutProxy(upsd.port, (chunk) => {
    const [, status] = /ups\.status "([^"]*)"/.exec(chunk.toString("latin1")) ?? [];
    if (status !== undefined) polled.told(status.includes("OB"));
  });
  await using broker = await startMosquitto(mosquitto, { more: "set_tcp_nodelay true" });
  await using core = await startHomeAssistant(python, { broker: { port: broker.port } });
  const port = await freePort("tcp");
  await using program = await runProgram(`mqtt: { url: "${broker.url}" }
nutServer: { listen: "127.0.0.1:${port}" }
data: .
devices:
  office-ups: { driver: nut, host: 127.0.0.1, port: ${proxy.port}, ups: office, interval: 1s }
`);
  const byMqtt = createWatcher();
  const client = await connectAsync(broker.url);
  client.on("message", (_, payload) => byMqtt.told(payload.toString().includes('"onBattery":true')));
  await client.subscribeAsync("rack-power/office-ups/ups");
  const byCore = await watchCore(core);
  using byNut = await until(() => watchNut(port), `our NUT server:\n${program.process.output()}`);
  const times = await measure(upsd, polled, [byMqtt, byNut, byCore]);
  await client.endAsync();
  const what = "UPS on battery, from the answer to our poll until the broker's client, the NUT client and Home Assistant's state show it";
  return [figureOf("transfer", what, "ms", times, "≤ 50 ms", "none: whoever asks upsd itself is told at his own next question")];
};
