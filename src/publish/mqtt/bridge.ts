import type { DeviceState } from "#store/read.ts";
import { describeOrigin } from "#domain/command.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { BridgeWord, Text } from "../text/text.ts";
import type { Component, Components, Platform } from "./component.ts";
import { slug } from "./component.ts";
import { bridgeId, identifier, type Topics } from "./topic.ts";

/** What the program says of itself. `edition` is the ledger's count of publications, by which we see later whether the broker lost some. */
export const bridgeState = (devices: readonly DeviceState[], version: string, edition: number): string => {
  const count = (...states: readonly DeviceState["connection"]["state"][]): number =>
    devices.filter(({ connection }) => states.includes(connection.state)).length;
  const quarantined = devices.filter(({ connection }) => connection.state === "quarantined");
  return JSON.stringify({
    version,
    devices: { online: count("online"), offline: count("offline", "connecting"), quarantined: quarantined.length },
    quarantined: Object.fromEntries(quarantined.map(({ id, connection }) => [id, connection.detail ?? ""])),
    edition,
  });
};

/** The edition in a state that the broker kept, or undefined when it is none of ours. */
export const editionOf = (state: string): number | undefined => {
  try {
    const { edition } = JSON.parse(state) as { readonly edition?: unknown };
    return typeof edition === "number" ? edition : undefined;
  } catch {
    return undefined;
  }
};

const states = ["confirmed", "unconfirmed", "refused", "failed"] as const satisfies readonly Outcome["state"][];

/** An outcome as an event of Home Assistant: who wanted what, why, and what came of it. */
export const outcomeEvent = ({ state, command, detail, writes }: Outcome): string =>
  JSON.stringify({
    event_type: state,
    device: command.device,
    part: command.part,
    command: command.name,
    ...(command.value !== undefined && { value: command.value }),
    by: describeOrigin(command.by),
    ...(command.reason !== undefined && { reason: command.reason }),
    detail,
    writes,
  });

/** The entities of the program itself. The first one shows the connection, so it alone needs no availability. */
export const bridgeComponents = (topics: Topics, text: Text): Components => {
  const component = (platform: Platform, key: BridgeWord, rest: Readonly<Record<string, unknown>>): readonly [string, Component] => [
    key,
    {
      platform,
      unique_id: `${identifier(bridgeId)}_${key}`,
      default_entity_id: `${platform}.rack_power_${slug(key)}`,
      name: text.bridge[key],
      ...(key !== "connection" && { availability: [{ topic: topics.status }] }),
      ...(platform !== "event" && { entity_category: "diagnostic" }),
      ...rest,
    },
  ];
  const count = (word: string): Readonly<Record<string, unknown>> => ({
    state_topic: topics.bridge,
    value_template: `{{ value_json['devices']['${word}'] }}`,
    state_class: "measurement",
  });
  return Object.fromEntries([
    component("binary_sensor", "connection", { state_topic: topics.status, payload_on: "online", payload_off: "offline", device_class: "connectivity" }),
    component("sensor", "version", { state_topic: topics.bridge, value_template: "{{ value_json['version'] }}" }),
    component("sensor", "devices-online", count("online")),
    component("sensor", "devices-offline", count("offline")),
    component("sensor", "devices-quarantined", {
      ...count("quarantined"),
      json_attributes_topic: topics.bridge,
      json_attributes_template: "{{ {'devices': value_json['quarantined']} | tojson }}",
    }),
    component("binary_sensor", "problem", {
      state_topic: topics.bridge,
      value_template: "{{ value_json['devices']['quarantined'] > 0 }}",
      payload_on: "True",
      payload_off: "False",
      device_class: "problem",
    }),
    component("event", "command", { state_topic: topics.outcomes, event_types: states }),
  ]);
};
