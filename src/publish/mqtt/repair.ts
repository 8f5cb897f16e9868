import { repair, type Repair } from "#domain/repair.ts";
import type { MqttStatus } from "./option.ts";

/** What a person has to do for the broker. A connection that is only just being made is no trouble. */
export const brokerRepairs = ({ state, protocol, detail }: MqttStatus): readonly Repair[] => {
  if (state === "refused") return [repair({ kind: "broker-refused" }, detail ?? "the broker refuses the connection")];
  if (state === "connecting") return detail === undefined ? [] : [repair({ kind: "broker-missing" }, detail)];
  return [
    ...(detail === undefined ? [] : [repair({ kind: "broker-refused" }, detail)]),
    ...(protocol === 4
      ? [repair({ kind: "broker-old" }, "the broker speaks only MQTT 3.1.1, which Home Assistant gives up; it needs one that speaks MQTT 5")]
      : []),
  ];
};
