import { expect, test } from "vitest";
import { describeOrigin } from "#domain/command.ts";
import { repair } from "#domain/repair.ts";

test("who asked, in words", () => {
  expect([
    describeOrigin({ via: "mqtt" }),
    describeOrigin({ via: "rest", key: "lab" }),
    describeOrigin({ via: "rest", key: "home-assistant", person: "Anna" }),
    describeOrigin({ via: "page", person: "Anna" }),
    describeOrigin({ via: "nut", user: "nas" }),
    describeOrigin({ via: "engine", why: "the second half of a cycle" }),
  ]).toEqual(["MQTT", "REST key lab", "Anna (REST key home-assistant)", "Anna (page)", "nas (NUT)", "the second half of a cycle"]);
});

test("a repair has the same id whatever its words are, and another one for another place", () => {
  const place = { kind: "label-changed", device: "pdu", part: "outlet/1" } as const;
  const ids = [
    repair({ ...place, label: "a", accepted: "b" }, "one sentence").id,
    repair({ ...place, label: "c", accepted: "b" }, "another").id,
    repair({ ...place, part: "outlet/2", label: "a", accepted: "b" }, "").id,
    repair({ kind: "denied", device: "pdu" }, "").id,
    repair({ kind: "option", option: "api_keys[0].key" }, "").id,
    repair({ kind: "core" }, "").id,
  ];
  expect(ids).toEqual([
    "label-changed:pdu/outlet/1",
    "label-changed:pdu/outlet/1",
    "label-changed:pdu/outlet/2",
    "denied:pdu",
    "option:api_keys[0].key",
    "core",
  ]);
});
