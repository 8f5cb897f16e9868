import { connectAsync, type MqttClient } from "mqtt";
import { debianPackages } from "../peer/debian-peer.ts";
import { type Mosquitto, startMosquitto } from "../peer/mosquitto.ts";

export interface Broker extends AsyncDisposable {
  readonly url: string;
  /** Connects somebody who reads along; the listener gets each message as it comes. */
  listen(filters: readonly string[], heard: (topic: string, payload: Buffer) => void): Promise<MqttClient>;
}

/** mosquitto, with listeners that end with it. Throws where it cannot be had. */
export const startBroker = async (): Promise<Broker> => {
  const peer = await debianPackages("mosquitto");
  if (!peer.ok) throw new Error(`without mosquitto there is no broker: ${peer.why}`);
  const mosquitto: Mosquitto = await startMosquitto(peer, { more: "set_tcp_nodelay true" });
  const clients: MqttClient[] = [];
  return {
    url: mosquitto.url,
    listen: async (filters, heard) => {
      const client = await connectAsync(mosquitto.url, { protocolVersion: 5 });
      clients.push(client);
      client.on("message", heard);
      await client.subscribeAsync([...filters]);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await mosquitto[Symbol.asyncDispose]();
    },
  };
};
