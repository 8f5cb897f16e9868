import { expect, onTestFinished, test } from "vitest";
import { Fault } from "#domain/fault.ts";
import { askAdministrators, type Administrators } from "#homeassistant/administrator.ts";
import { createLog } from "#platform/log.ts";
import { virtualClock, type VirtualClock } from "../platform/virtual-clock.ts";

const users = [
  { id: "owner", is_owner: true, is_active: true, group_ids: [] },
  { id: "admin", is_owner: false, is_active: true, group_ids: ["system-users", "system-admin"] },
  { id: "user", is_owner: false, is_active: true, group_ids: ["system-users"] },
  { id: "former", is_owner: true, is_active: false, group_ids: ["system-admin"] },
  { id: "strange", is_owner: "yes", is_active: true, group_ids: "system-admin" },
  { id: 7, is_owner: true, is_active: true, group_ids: [] },
  null,
];

interface Rig {
  readonly administrators: Administrators;
  readonly clock: VirtualClock;
  readonly lines: readonly string[];
  answer: () => unknown;
  asked: number;
}
const createRig = (): Rig => {
  const clock = virtualClock();
  onTestFinished(() => clock[Symbol.dispose]());
  const lines: string[] = [];
  const log = createLog("info", (line) => lines.push(line));
  const call = async (): Promise<unknown> => {
    rig.asked++;
    return rig.answer();
  };
  const rig: Rig = { administrators: askAdministrators({ core: { call }, clock, log }), clock, lines, answer: () => users, asked: 0 };
  return rig;
};
const all = async ({ administrators }: Rig): Promise<readonly string[]> => {
  const ids = ["owner", "admin", "user", "former", "strange", "7", "nobody", ""];
  const found = await Promise.all(ids.map((id) => administrators.includes(id)));
  return ids.filter((_, at) => found[at]);
};

test("the owner and members of the administrators' group are administrators, as long as they are active", async () => {
  expect(await all(createRig())).toEqual(["owner", "admin"]);
});

test("Core is asked once a minute at most, and a right that was taken away is gone then", async () => {
  const rig = createRig();
  await all(rig);
  await rig.clock.sleep(59_000);
  rig.answer = () => users.slice(2);
  expect(await all(rig)).toEqual(["owner", "admin"]);
  expect(rig.asked).toBe(1);
  await rig.clock.sleep(2_000);
  expect(await all(rig)).toEqual([]);
  expect(rig.asked).toBe(2);
});

test("when Core does not tell, nobody is one, also not who was one a minute ago; and it is said once", async () => {
  const rig = createRig();
  expect(await rig.administrators.includes("owner")).toBe(true);
  rig.answer = () => {
    throw new Fault("unreachable", "the connection to Home Assistant was lost");
  };
  await rig.clock.sleep(61_000);
  for (let round = 0; round < 5; round++) {
    expect(await all(rig)).toEqual([]);
    await rig.clock.sleep(3_000);
  }
  expect(rig.lines).toHaveLength(1);
  expect(rig.lines[0]).toMatch(/nobody can act on the page: the connection to Home Assistant was lost/);
  rig.answer = () => users;
  expect(await all(rig)).toEqual(["owner", "admin"]);
  expect(rig.lines).toHaveLength(2);
});

test.each([undefined, {}, "owner", [["owner"]], [{ id: "owner" }]])("an answer that is no list of users makes nobody one: %o", async (answer) => {
  const rig = createRig();
  rig.answer = () => answer;
  expect(await all(rig)).toEqual([]);
});
