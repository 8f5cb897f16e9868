import { expect, test } from "vitest";
import { capabilities, commandNames, pointNames } from "#domain/capability.ts";
import { repair, repairKinds } from "#domain/repair.ts";
import { html } from "#ui/html.ts";
import { english } from "#ui/text.ts";
import { keyOf, pduAnswer, startRig, type Rig } from "#test/publish/rest-rig.ts";
import { mountPage } from "#ui/mount.ts";

const evil = `<script>alert("x")</script>'&`;

const pageRig = (more: Parameters<typeof startRig>[0] = {}): Promise<Rig> =>
  startRig({ page: mountPage, drivers: ["nut", "snmp"], file: () => "/config/rack-power.yaml", ...more });
const post = (rig: Rig, path: string, fields: Record<string, string>, key: string = keyOf.admin): Promise<Response> =>
  fetch(`${rig.server.url}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { "x-api-key": key, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
const look = async (rig: Rig, scope: "read" | "admin" = "admin", path = "/"): Promise<string> => (await rig.ask(path, scope)).text();

test("every value is escaped, in text and in attributes, also within lists and within markup", () => {
  const inner = html`<b title="${evil}">${evil}</b>`;
  const whole = html`<p>${[inner, evil, 3, false, undefined, [evil]]}</p>`.toString();
  expect(whole).not.toMatch(/<script|"x"|'&$/);
  expect(whole).toBe(
    `<p><b title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;</b>${"&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;"}3${"&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;"}</p>`,
  );
});

test("what a device, a person or a file says stays text", async () => {
  await using rig = await pageRig({
    repairs: () => [repair({ kind: "label-changed", device: "rack-pdu", part: "outlet/8", label: evil, accepted: evil }, evil)],
    health: () => ({ state: "degraded", problems: [], broker: { state: "refused", detail: evil } }),
    identify: async () => [
      { ...pduAnswer, description: { ...pduAnswer.description, model: evil, serial: evil }, yaml: evil, entry: { driver: "snmp", host: evil } },
      { driver: evil, why: evil },
    ],
  });
  rig.store.describe("rack-pdu", {
    manufacturer: evil,
    model: evil,
    parts: [{ id: "outlet/8", label: evil, points: ["outlet.on"], commands: ["outlet.off"] }],
  });
  rig.store.connect("office-ups", { state: "offline", since: 1, fault: "timeout", detail: evil });
  await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { reason: evil, person: evil } });
  const pages = [
    await look(rig),
    await (await post(rig, "/identify", { host: evil, username: evil, driver: evil })).text(),
    await look(rig, "admin", `/?done=added&what=${encodeURIComponent(evil)}`),
  ];
  for (const page of pages) {
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('<script src="page.js?1.2.3" defer></script>');
    expect(page).not.toContain('alert("x")');
  }
  expect(pages[0]?.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(8);
});

test("it shows what is connected, what is to be put right, each device with its readings and faults, and who switched what", async () => {
  await using rig = await pageRig({
    health: () => ({
      state: "degraded",
      problems: [],
      broker: { state: "connected", protocol: 5 },
      partners: [{ name: "core", state: "connecting", detail: "no token" }],
    }),
  });
  await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { person: "Anna" } });
  const page = await look(rig);
  for (const part of [
    "Needs attention",
    "MQTT 5",
    "no token",
    "1.2.3",
    "rack-power.yaml, line 9, column 13",
    "Accept the name “socket 8”",
    "Cellar · APC AP8941 · snmp",
  ])
    expect(page).toContain(part);
  for (const id of ["rack-pdu", "web", "office-ups", "attic"]) expect(page).toContain(`id="device-${id}"`);
  expect(page).toMatch(/NAS <small>locked<\/small>/);
  expect(page).toContain("44\u00A0W");
  expect(page).toContain("Old readings");
  expect(page).toContain("no answer in time");
  expect(page).toContain("Anna (key the control one)");
  expect(page).toContain("confirmed");
  expect(page).toContain("/config/rack-power.yaml");
  // A UPS that is away shows no reading as if it were so now.
  expect(page.slice(page.indexOf('id="device-office-ups"'), page.indexOf('id="device-attic"'))).toMatch(/class="readings old"/);
});

test("a reader sees no form that acts, and the server refuses what he sends all the same", async () => {
  await using rig = await pageRig();
  const [reader, admin] = [await look(rig, "read"), await look(rig)];
  expect(reader).not.toMatch(/<form|<button/);
  expect(reader).toContain(english.settings.reader);
  expect(admin.match(/<form/g)?.length).toBe(4);
  for (const path of ["/identify", "/devices", "/reload", "/log-level", "/labels"]) {
    const refused = await post(rig, path, { host: "a" }, keyOf.read);
    expect([path, refused.status, refused.headers.get("content-type")]).toEqual([path, 403, "text/html; charset=utf-8"]);
    expect(await refused.text()).toContain(english.failed.title);
  }
  expect((await rig.ask("/")).status).toBe(401);
});

test("forms do what they say, and lead back to the page", async () => {
  const calls: unknown[] = [];
  await using rig = await pageRig({
    identify: async (question) => {
      calls.push(question);
      return [pduAnswer, { driver: "nut", why: "not tried; it needs ups" }];
    },
    addDevice: async (id, entry) => {
      calls.push([id, entry]);
      return id === "taken" ? { ok: false, why: "exists", detail: "there is a device taken already", problems: ["one problem"] } : { ok: true };
    },
    reload: async () => ({ accepted: false, problems: ["rack-power.yaml:3:1: wrong"] }),
    setLogLevel: (level) => void calls.push(level),
  });
  const found = await (
    await post(rig, "/identify", {
      host: " 10.0.0.2 ",
      driver: "",
      username: "",
      password: "pass-canary",
      community: "comm-canary",
      port: "1161",
      more: "version: 3\nauthentication.key: k",
    })
  ).text();
  expect(calls.splice(0)).toEqual([
    { host: "10.0.0.2", options: { password: "pass-canary", community: "comm-canary", port: 1161, version: 3, "authentication.key": "k" } },
  ]);
  expect(found).not.toMatch(/canary/);
  for (const part of ["APC AP8941", "1 answer", "41\u00A0W", "!secret ap8941-community", "not tried; it needs ups", 'value="ap8941"', 'value="1161"'])
    expect(found).toContain(part);
  const added = await post(rig, "/devices", { id: "new", name: " Rack ", entry: JSON.stringify(pduAnswer.entry) });
  expect([added.status, added.headers.get("location")]).toEqual([303, "./?done=added&what=new"]);
  expect(calls.splice(0)).toEqual([["new", { driver: "snmp", name: "Rack", host: "10.0.0.2", community: "!secret ap8941-community" }]]);
  expect(await look(rig, "admin", "/?done=added&what=new")).toContain("new was added to the file and started.");
  for (const [path, fields, sentence] of [
    ["/devices", { id: "taken", entry: JSON.stringify(pduAnswer.entry) }, "one problem"],
    ["/devices", { id: "New One", entry: JSON.stringify(pduAnswer.entry) }, english.setup.idHint],
    ["/devices", { id: "new", entry: "{" }, english.failed.entry],
    ["/devices", { id: "new", entry: "3" }, english.failed.entry],
    ["/reload", {}, "rack-power.yaml:3:1: wrong"],
    ["/log-level", { level: "loud" }, english.failed.level],
    ["/labels", { device: "rack-pdu", part: "outlet/8", label: "another" }, "the device now calls it"],
  ] as const) {
    const answer = await post(rig, path, fields);
    expect([answer.status, (await answer.text()).includes(sentence)]).toEqual([422, true]);
  }
  calls.length = 0;
  expect((await post(rig, "/log-level", { level: "debug" })).headers.get("location")).toBe("./?done=level&what=");
  expect(calls).toEqual(["debug"]);
  expect((await post(rig, "/labels", { device: "rack-pdu", part: "outlet/8", label: "socket 8" })).status).toBe(303);
  expect(rig.bus.accepted).toEqual(["rack-pdu outlet/8 socket 8"]);
  expect(await (await post(rig, "/identify", { host: "a", more: "nonsense" })).text()).toContain("is no option");
  expect(await (await post(rig, "/identify", { host: " " })).text()).toContain(english.setup.hostMissing);
  for (const path of ["/identify", "/devices", "/reload"]) {
    const back = await rig.ask(path, "read", { redirect: "manual" });
    expect([back.status, back.headers.get("location")]).toEqual([303, "./"]);
  }
});

test("only own files, nothing inline, framed by the same origin alone, all addresses relative", async () => {
  await using rig = await pageRig();
  const answer = await rig.ask("/", "admin");
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/);
  expect(policy).toContain("frame-ancestors 'self'");
  expect(policy).not.toMatch(/unsafe|\*/);
  expect(answer.headers.get("x-frame-options")).toBe("SAMEORIGIN");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const page = await answer.text();
  // Core's header says no-referrer, with which the forms would be taken for another site's.
  expect(page).toContain('<meta name="referrer" content="same-origin" />');
  expect(page).not.toMatch(/ style=| on[a-z]+=|<style/);
  for (const [, address] of page.matchAll(/(?:href|src|action)="([^"]*)"/g)) expect(address).not.toMatch(/^(\/|[a-z]+:)/);
  for (const file of ["color.css", "card.css", "form.css", "page.css", "page.js", "page.svg"]) {
    const served = await rig.ask(`/${file}`);
    expect([file, served.status, served.headers.get("x-content-type-options")]).toEqual([file, 200, "nosniff"]);
    expect((await served.text()).length).toBeGreaterThan(100);
  }
  // The API keeps its own, which is stricter.
  expect((await rig.ask("/api/v1/devices", "read")).headers.get("x-frame-options")).toBe("DENY");
  // Forms are for the page: the API takes JSON alone, and the page no JSON.
  expect(
    (await rig.ask("/api/v1/reload", "admin", { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=b" })).status,
  ).toBe(415);
  expect((await rig.ask("/reload", "admin", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status).toBe(415);
});

test("each kind of repair and each word of the catalogue has its text", async () => {
  expect(Object.keys(english.repairs.kind).toSorted()).toEqual([...repairKinds].toSorted());
  await using rig = await pageRig();
  const parts = Object.keys(capabilities).map((capability) => ({
    id: capability,
    points: pointNames.filter((name) => name.startsWith(`${capability}.`)),
    commands: commandNames.filter((name) => name.startsWith(`${capability}.`)),
  }));
  rig.store.describe("web", { parts });
  const page = await look(rig);
  expect(page).not.toMatch(/undefined|\[object|NaN/);
});
