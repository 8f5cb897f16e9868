import { expect, test } from "vitest";
import { capabilities, commandNames, pointNames } from "#domain/capability.ts";
import { Fault } from "#domain/fault.ts";
import { repair, repairKinds } from "#domain/repair.ts";
import { html } from "#ui/html.ts";
import { pageText } from "#ui/text.ts";
import { keyOf, pduAnswer, startRig, type Rig } from "#test/publish/rest-rig.ts";
import { mountPage } from "#ui/mount.ts";
import { systemClock, type Clock } from "#platform/clock.ts";
import { handClock } from "#test/platform/hand-clock.ts";
import { until } from "#test/peer/until.ts";

const english = pageText("en");
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
  await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { reason: evil, person: evil, value: evil } });
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
  await rig.command("office-ups", "ups", "ups.beeperOff", { body: { value: 0 } });
  const page = await look(rig);
  expect(page).toMatch(/beeper off 0<\/span>/);
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
  expect(admin.match(/<form/g)?.length).toBe(6);
  for (const path of ["/identify", "/devices", "/reload", "/log-level", "/labels", "/energy", "/orphans"]) {
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

test("several answers of one kind have a form each, and no id of an element twice", async () => {
  const upsOf = (id: string): typeof pduAnswer => ({ ...pduAnswer, driver: "nut", id, entry: { driver: "nut", host: "nas", ups: id } });
  await using rig = await pageRig({ identify: async () => [pduAnswer, upsOf("office"), upsOf("lab")] });
  const found = await (await post(rig, "/identify", { host: "nas" })).text();
  const ids = [...found.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(ids).toEqual(expect.arrayContaining(["id-snmp", "id-nut", "id-nut-2"]));
  for (const id of ["ap8941", "office", "lab"]) expect(found).toContain(`value="${id}"`);
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

interface Home {
  readonly rig: Rig;
  readonly agreed: string[];
  asked: number;
  energy: readonly { readonly sensor: string; readonly name: string }[];
  orphans: readonly { readonly entityId: string; readonly uniqueId: string; readonly name: string }[] | undefined;
  /** What Home Assistant's answer waits for. */
  answer: (() => Promise<void>) | undefined;
}
const fault = new Fault("unreachable", "The connection to Home Assistant was lost");

/** A page with a Home Assistant that has what the test says. */
const homeRig = async (clock: Clock = systemClock): Promise<Home & AsyncDisposable> => {
  const home = {
    agreed: [] as string[],
    asked: 0,
    energy: [{ sensor: "sensor.a", name: "A" }] as Home["energy"],
    orphans: [
      { entityId: "sensor.b", uniqueId: "rack-power_b", name: evil },
      { entityId: "sensor.c", uniqueId: "rack-power_c", name: "C" },
    ] as Home["orphans"],
    answer: undefined as Home["answer"],
  };
  const rig = await pageRig({
    clock,
    home: {
      energy: async () => {
        home.asked++;
        await home.answer?.();
        return home.energy;
      },
      addEnergy: async (agreed) => {
        home.agreed.push(...agreed);
        if (agreed.includes("sensor.away")) throw fault;
        home.energy = home.energy.filter(({ sensor }) => !agreed.includes(sensor));
        return [{ sensor: "sensor.a", name: "A" }];
      },
      orphans: async () => home.orphans,
      removeOrphans: async (agreed) => {
        home.agreed.push(...agreed);
        return home.orphans?.filter(({ uniqueId }) => agreed.includes(uniqueId));
      },
    },
  });
  return Object.assign(home, { rig, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() });
};

test("an administrator is asked what may be added to the Energy dashboard and removed from the registry, and just that is done", async () => {
  await using home = await homeRig();
  const { rig } = home;
  const page = await look(rig);
  expect(page).toContain("1 counter is not in the Energy dashboard yet");
  expect(page).toContain("2 entities are no longer published");
  expect(page).toMatch(/name="pick\.sensor\.a" value="yes" autocomplete="off" checked/);
  expect(page).toMatch(/name="pick\.rack-power_b" value="yes" autocomplete="off"\s*\/>/);
  expect(page).not.toContain(evil);
  const added = await post(rig, "/energy", { "pick.sensor.a": "yes", other: "x" });
  expect([added.status, added.headers.get("location")]).toEqual([303, "./?done=energy&what=1"]);
  const after = await look(rig, "admin", "/?done=energy&what=1");
  expect(after).toContain("Added to the Energy dashboard: 1");
  expect(after).not.toContain("not in the Energy dashboard yet");
  expect((await post(rig, "/orphans", { "pick.rack-power_c": "yes" })).headers.get("location")).toBe("./?done=orphans&what=1");
  expect(home.agreed).toEqual(["sensor.a", "rack-power_c"]);
  for (const [path, fields, sentence] of [
    ["/orphans", {}, english.failed.nothing],
    ["/energy", { "pick.sensor.away": "yes" }, fault.message],
  ] as const) {
    const answer = await post(rig, path, fields);
    expect([answer.status, (await answer.text()).includes(sentence)]).toEqual([422, true]);
  }
});

test("Home Assistant is asked only when an administrator opens the page, and the page waits for it no longer than a moment", async () => {
  const clock = handClock();
  await using home = await homeRig(clock);
  const { rig } = home;
  expect(await look(rig, "read")).toMatch(/<section id="agree" data-live hidden>/);
  expect(await look(rig, "admin", "/?live")).toMatch(/<section id="agree" data-live hidden>/);
  expect(home.asked).toBe(0);
  const slow = Promise.withResolvers<void>();
  home.answer = () => slow.promise;
  const one = look(rig);
  await until(() => clock.due === 1000, "it waits for a second");
  await clock.advance(600);
  const other = look(rig);
  await clock.advance(400);
  expect(await one).toMatch(/<section id="agree" data-live hidden>/);
  await until(() => Math.abs(clock.due - 600) <= 400, "the other waits as well");
  await clock.advance(1000);
  expect(await other).toMatch(/<section id="agree" data-live hidden>/);
  expect(home.asked).toBe(1);
  slow.resolve();
  // What came too late for the page that was opened comes by the page's going on.
  await until(async () => (await look(rig, "admin", "/?live")).includes("not in the Energy dashboard yet"), "the late answer");
  expect(home.asked).toBe(1);
  home.answer = () => Promise.reject(fault);
  expect(await look(rig)).toMatch(/<section id="agree" data-live hidden>/);
  home.answer = undefined;
  [home.energy, home.orphans] = [[], undefined];
  expect(await look(rig)).toMatch(/<section id="agree" data-live hidden>/);
  expect(home.asked).toBe(3);
  expect(rig.lines.join("")).not.toContain("went wrong");
});

test("an answer from before something was done is not shown after it", async () => {
  const clock = handClock();
  await using home = await homeRig(clock);
  const slow = Promise.withResolvers<void>();
  home.answer = () => slow.promise;
  const opening = look(home.rig);
  await until(() => clock.due === 1000, "it waits");
  await clock.advance(1000);
  await opening;
  await post(home.rig, "/energy", { "pick.sensor.a": "yes" });
  home.energy = [{ sensor: "sensor.a", name: "A" }];
  slow.resolve();
  await slow.promise;
  expect(await look(home.rig, "admin", "/?live")).toMatch(/<section id="agree" data-live hidden>/);
});

test("the page speaks the language that the browser asks for, with its names, numbers and times", async () => {
  await using rig = await pageRig();
  await rig.command("rack-pdu", "outlet/8", "outlet.off", { body: { person: "Anna" } });
  rig.store.put("rack-pdu", [{ part: "outlet/3", point: "meter.power", value: 1234.5 }], Date.now());
  const see = async (wanted: string, path = "/"): Promise<string> => (await rig.ask(path, "admin", { headers: { "accept-language": wanted } })).text();
  for (const [wanted, language, ...words] of [
    ["de-CH,de;q=0.9,en;q=0.8", "de", "Geräte", "Seriennummer", "Ausschalten", "1.234,5\u00A0W", "von Anna (Schlüssel the control one)", "2 von 4 Geräten"],
    ["pt,fr;q=0.7,en;q=0.3", "fr", "Appareils", "1\u202F234,5\u00A0W", "alimenté par rack-pdu/outlet/8"],
    ["nl", "nl", "Apparaten"],
    ["es-419", "es", "Dispositivos"],
    ["en-GB", "en", "Devices", "1,234.5\u00A0W"],
    ["pt", "en", "Devices"],
    ["de;q=0, nl;q=nonsense", "en", "Devices"],
    ["", "en", "Devices"],
  ] as const) {
    const page = await see(wanted);
    expect(page).toContain(`<html lang="${language}">`);
    expect(words.filter((word) => !page.includes(word))).toEqual([]);
  }
  expect((await rig.ask("/", "admin")).headers.get("vary")).toContain("accept-language");
  expect(await see("de", "/?done=added&what=new")).toContain("new steht jetzt in der Datei");
  const refused = await rig.ask("/", undefined, { headers: { "accept-language": "es" } });
  expect([refused.status, (await refused.text()).includes(pageText("es").failed.title)]).toEqual([401, true]);
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

test("the state of a UPS and the time of its last transfer read as a person says them, and what is worked out says so", async () => {
  await using rig = await pageRig();
  const points = ["ups.state", "ups.charge", "ups.lastTransfer", "ups.load", "ups.timeOnBattery"] as const;
  rig.store.describe("office-ups", { parts: [{ id: "ups", points, derived: ["ups.lastTransfer", "ups.timeOnBattery"], commands: [] }] });
  const readings = [
    { part: "ups", point: "ups.state", value: "low-battery" },
    { part: "ups", point: "ups.lastTransfer", value: "2026-01-31T12:00:00Z" },
    { part: "ups", point: "ups.timeOnBattery", value: 90 },
    { part: "ups", point: "ups.load", value: 12 },
    { part: "ups", point: "ups.charge", value: 80 },
  ] as const;
  rig.store.put("office-ups", readings, Date.now());
  const read = async (language: string): Promise<string> => {
    const page = await (await rig.ask("/", "read", { headers: { "accept-language": language } })).text();
    return page.slice(page.indexOf('id="device-office-ups"')).split("</article>")[0] ?? "";
  };
  const [english, german] = [await read("en"), await read("de")];
  expect(english).toContain("Battery low");
  expect(english).toMatch(/Jan 31, 2026/);
  expect(english.match(/calculated/g)).toHaveLength(2);
  expect(german).toContain("Batterie schwach");
  expect(german.match(/berechnet/g)).toHaveLength(2);
  expect(german).not.toMatch(/>(low-battery|2026-01-31T)/);
});
