import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromiumPeer, startChromium } from "./chromium.ts";
import { anna, community, guest, startPage, type PageRig } from "./page-rig.ts";
import { describeWithPeer } from "./provision.ts";
import { until } from "./until.ts";

const chromium = await chromiumPeer();

const head = "# My rack\ndevices: # all of them\n";
const empty = (): string => head;
const withPdu = (port: number): string =>
  `${head}  rack-pdu: { driver: snmp, host: 127.0.0.1, port: ${port}, community: !secret pdu, name: Rack PDU, interval: 500ms, parts: { outlet/1: { name: NAS } } }\n  attic: { driver: snpm }\n`;

const counters = (count: number): PageRig["home"]["energy"] =>
  Array.from({ length: count }, (_, at) => ({
    sensor: `sensor.rack_pdu_outlet_${at}_energy_that_has_a_very_long_name_indeed`,
    name: `Rack PDU Outlet ${at} energy`,
  }));
const leftOver = (count: number): PageRig["home"]["orphans"] =>
  Array.from({ length: count }, (_, at) => ({ entityId: `sensor.old_${at}`, uniqueId: `rack-power_old_${at}`, name: `Old ${at}` }));

interface Tab extends AsyncDisposable {
  readonly tab: Page;
  /** What the browser complained of: errors of scripts, files that the policy kept out. */
  readonly complaints: readonly string[];
  /** Everything that the program sent to it. */
  readonly received: readonly string[];
}

describeWithPeer("the page in Chromium, through ingress", chromium, (peer) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(peer);
  });
  afterAll(() => browser.close());

  const openTab = async (page: PageRig, options: BrowserContextOptions = {}, user: typeof anna | typeof guest = anna): Promise<Tab> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await page.ingress.enter(context, user);
    const tab = await context.newPage();
    const complaints: string[] = [];
    const received: string[] = [];
    tab.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    tab.on("pageerror", (error) => void complaints.push(String(error)));
    tab.on("response", (response) => {
      response.text().then(
        (text) => received.push(text),
        () => undefined,
      );
    });
    await tab.goto(page.ingress.url);
    return { tab, complaints, received, [Symbol.asyncDispose]: () => context.close() };
  };
  const focused = (tab: Page): Promise<string> => tab.evaluate<string>("document.activeElement?.id");
  const online = async (page: PageRig): Promise<void> =>
    void (await until(() => page.lines.some((line) => line.includes("rack-pdu: connected")), "the PDU", 10_000));
  const faults = async (tab: Page): Promise<readonly string[]> => {
    await tab.evaluate(axe.source);
    const { violations, passes } = await tab.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
    expect(passes.length).toBeGreaterThan(20);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  };

  test("a device is found, added and there: by address, community and two clicks; no page ever holds the community", { timeout: 60_000 }, async () => {
    await using page = await startPage(empty);
    await using opened = await openTab(page);
    const { tab, complaints, received } = opened;
    expect(await tab.textContent("#devices")).toContain("There is no device yet");
    await tab.fill("#host", "127.0.0.1");
    await tab.selectOption("#driver", "snmp");
    await tab.click("text=Login, port and more");
    await tab.fill("#port", String(page.pduPort));
    await tab.fill("#more", "timeout: 0.3");
    await tab.fill("#community", "wrong");
    await tab.click("#identify");
    await tab.waitForSelector("text=Nobody answered");
    expect(await focused(tab)).toBe("result");
    expect(await tab.inputValue("#port")).toBe(String(page.pduPort));
    expect(await tab.inputValue("#community")).toBe("");
    await tab.fill("#community", community);
    await tab.fill("#more", "timeout: 2");
    await tab.click("#identify");
    await tab.waitForSelector("text=1 answer");
    expect(await focused(tab)).toBe("result");
    expect(await tab.locator(".answer .readings > .scroll tbody tr").count()).toBe(4);
    expect(await tab.textContent(".answer pre")).toContain("community: !secret ap8941-community");
    await tab.fill("#id-snmp", "rack-pdu");
    await tab.fill("#name-for-snmp", "Rack PDU");
    await tab.click("text=Add it");
    await tab.waitForSelector("#notice");
    expect(await tab.textContent("#notice")).toContain("rack-pdu was added");
    expect(await focused(tab)).toBe("notice");
    await tab.waitForSelector("#device-rack-pdu .badge.good", { timeout: 15_000 });
    await tab.waitForSelector("#device-rack-pdu >> text=Outlet 4");
    expect(await page.text()).toBe(
      `${head}  rack-pdu:\n    driver: snmp\n    name: Rack PDU\n    host: 127.0.0.1\n    community: !secret rack-pdu-community\n    port: ${page.pduPort}\n    timeout: 2\n`,
    );
    expect(await page.text("secrets.yaml")).toBe(`pdu: ${community}\nrack-pdu-community: "${community}"\n`);
    expect(complaints).toEqual([]);
    expect(received.length).toBeGreaterThan(8);
    expect(received.join("")).not.toContain(community);
    expect(page.lines.join("")).not.toContain(community);
  });

  test("the same without JavaScript, by keyboard alone", { timeout: 60_000 }, async () => {
    await using page = await startPage(empty);
    await using opened = await openTab(page, { javaScriptEnabled: false });
    const { tab } = opened;
    const tabTo = async (selector: string): Promise<void> => {
      for (let step = 0; step < 60; step++) {
        if ((await tab.locator(`${selector}:focus`).count()) > 0) return;
        await tab.keyboard.press("Tab");
      }
      expect.fail(`${selector} is not reached by the Tab key`);
    };
    await tabTo("#host");
    await tab.keyboard.type("127.0.0.1");
    await tabTo("#setup summary");
    await tab.keyboard.press("Enter");
    await tabTo("#community");
    await tab.keyboard.type(community);
    await tab.keyboard.press("Tab");
    await tab.keyboard.type(String(page.pduPort));
    await tab.keyboard.press("Enter");
    await tab.waitForSelector("text=1 answer", { timeout: 30_000 });
    expect(await tab.locator("#result:focus").count()).toBe(1);
    await tabTo("#id-snmp");
    await tab.keyboard.press("Enter");
    await tab.waitForSelector("#notice:focus");
    await tab.keyboard.press("Tab");
    expect(await page.text()).toContain("  ap8941:\n    driver: snmp\n");
    await until(
      async () => {
        await tab.goto(page.ingress.url);
        return (await tab.locator("#device-ap8941 .badge.good").count()) === 1;
      },
      "the device",
      15_000,
    );
  });

  test.each([true, false])(
    "counters are added and left-over entities removed as chosen, by keyboard; with JavaScript: %s",
    { timeout: 60_000 },
    async (javaScriptEnabled) => {
      await using page = await startPage(withPdu);
      Object.assign(page.home, { energy: counters(3), orphans: leftOver(3) });
      await using opened = await openTab(page, { javaScriptEnabled });
      const { tab, complaints } = opened;
      const press = async (selector: string, key: "Space" | "Enter"): Promise<void> => {
        await tab.focus(selector);
        await tab.keyboard.press(key);
      };
      const chosen = (): Promise<readonly boolean[]> =>
        Promise.all([0, 1, 2].flatMap((at) => [`#energy-${at}`, `#orphans-${at}`]).map((one) => tab.isChecked(one)));
      expect(await chosen()).toEqual([true, false, true, false, true, false]);
      await press("#energy-1", "Space");
      if (javaScriptEnabled) {
        // The page has gone on in between, and left the choice alone.
        await page.engine.bus.submit({ device: "rack-pdu", part: "outlet/2", name: "outlet.off", by: { via: "mqtt" } }).outcome;
        await tab.waitForSelector("#outcomes >> text=Outlet 2", { timeout: 15_000 });
        expect(await chosen()).toEqual([true, false, false, false, true, false]);
      }
      await press("#energy-do", "Enter");
      await tab.waitForSelector("#notice >> text=Added to the Energy dashboard: 2");
      expect(page.home.energy.map(({ sensor }) => sensor)).toEqual([counters(2)[1]?.sensor]);
      await press("#orphans-2", "Space");
      await press("#orphans-do", "Enter");
      await tab.waitForSelector("#notice >> text=Removed from Home Assistant: 1");
      expect(page.home.orphans).toEqual(leftOver(2));
      await press("#orphans-do", "Enter");
      await tab.waitForSelector("#notice >> text=Nothing was chosen.");
      expect(await tab.locator("#agree input").count()).toBe(3);
      expect(complaints.filter((line) => !line.includes("422"))).toEqual([]);
    },
  );

  test("it goes on by itself: new state appears; what is typed, focused, opened and scrolled stays", { timeout: 60_000 }, async () => {
    await using page = await startPage(withPdu);
    await online(page);
    await using opened = await openTab(page, { viewport: { width: 700, height: 500 } });
    const { tab, complaints } = opened;
    await tab.click("#device-rack-pdu summary");
    await tab.fill("#host", "typing");
    await tab.focus("#host");
    const scrolled = await tab.evaluate<number>("scrollY");
    expect(await tab.evaluate("isSecureContext")).toBe(false);
    expect(scrolled).toBeGreaterThan(50);
    await page.engine.bus.submit({ device: "rack-pdu", part: "outlet/2", name: "outlet.off", by: { via: "page", person: anna.displayName } }).outcome;
    await tab.waitForSelector("#outcomes >> text=by Anna Ångström", { timeout: 15_000 });
    await tab.waitForSelector("#device-rack-pdu tr:has-text('Outlet 2') >> text=off", { timeout: 15_000 });
    expect(await tab.inputValue("#host")).toBe("typing");
    expect(await focused(tab)).toBe("host");
    expect(Math.abs((await tab.evaluate<number>("scrollY")) - scrolled)).toBeLessThan(300);
    expect(await tab.locator("#device-rack-pdu details[open]").count()).toBe(1);
    await tab.focus("#device-rack-pdu summary");
    await page.engine.bus.submit({ device: "rack-pdu", part: "outlet/3", name: "outlet.off", by: { via: "page", person: anna.displayName } }).outcome;
    await tab.waitForSelector("#device-rack-pdu tr:has-text('Outlet 3') >> text=off", { timeout: 15_000 });
    expect(await tab.locator("#device-rack-pdu summary:focus").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("an outlet with another name is told and accepted here", { timeout: 60_000 }, async () => {
    await using page = await startPage(withPdu);
    await online(page);
    page.pdu.rename(3, "<script>alert(1)</script>");
    await using opened = await openTab(page);
    const { tab, complaints } = opened;
    await until(() => page.engine.repairs().length > 0, "the new name", 45_000);
    const button = tab.locator("#repairs button");
    await button.waitFor({ timeout: 15_000 });
    expect(await button.textContent()).toBe("Accept the name “<script>alert(1)</script>”");
    await button.click();
    await tab.waitForSelector("text=The new name of rack-pdu/outlet/3 was accepted.");
    expect(page.engine.repairs()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["narrow", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ] as const)("%s: nothing for axe-core to find, and nothing wider than the window", { timeout: 60_000 }, async (_, options) => {
    await using page = await startPage(withPdu);
    await online(page);
    await page.engine.bus.submit({ device: "rack-pdu", part: "outlet/2", name: "outlet.off", by: { via: "mqtt" } }).outcome;
    Object.assign(page.home, { energy: counters(20), orphans: leftOver(2) });
    await using opened = await openTab(page, options);
    const { tab } = opened;
    const wide = (): Promise<number> => tab.evaluate("document.documentElement.scrollWidth - innerWidth");
    await tab.waitForSelector("#device-rack-pdu table");
    expect(await tab.locator("#agree input").count()).toBe(22);
    expect(await faults(tab)).toEqual([]);
    expect(await wide()).toBeLessThanOrEqual(0);
    await tab.fill("#host", "127.0.0.1");
    await tab.selectOption("#driver", "snmp");
    await tab.click("#setup summary");
    await tab.fill("#port", String(page.pduPort));
    await tab.fill("#community", community);
    await tab.click("#identify");
    await tab.waitForSelector(".answer");
    expect(await faults(tab)).toEqual([]);
    expect(await wide()).toBeLessThanOrEqual(0);
    const ground = await tab.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe(options.colorScheme === "dark" ? "rgb(17, 22, 27)" : "rgb(243, 245, 247)");
  });

  test.each(["de-DE", "nl-NL", "fr-FR", "es-ES"])(
    "in %s nothing is wider than a narrow window, and axe-core finds nothing",
    { timeout: 60_000 },
    async (locale) => {
      await using page = await startPage(withPdu);
      await online(page);
      Object.assign(page.home, { energy: counters(3), orphans: leftOver(3) });
      await using opened = await openTab(page, { viewport: { width: 320, height: 640 }, locale });
      const { tab } = opened;
      expect(await tab.getAttribute("html", "lang")).toBe(locale.slice(0, 2));
      await tab.click("#setup summary");
      expect(await tab.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      expect(await faults(tab)).toEqual([]);
    },
  );

  test("a reader looks and cannot act", { timeout: 30_000 }, async () => {
    await using page = await startPage(withPdu);
    await online(page);
    await using opened = await openTab(page, {}, guest);
    const { tab } = opened;
    expect(await tab.locator("form, button, input, select").count()).toBe(0);
    expect(await tab.locator("#device-rack-pdu").count()).toBe(1);
    const status = await tab.evaluate(async () => (await fetch("reload", { method: "POST", body: new URLSearchParams() })).status);
    expect(status).toBe(403);
  });

  test("a link to a device, which Home Assistant's frame tells, leads to its card", { timeout: 30_000 }, async () => {
    await using page = await startPage(withPdu);
    await online(page);
    page.ingress.parent = `<!doctype html><link rel="icon" href="data:,"><title>Home</title>`;
    await using opened = await openTab(page, { viewport: { width: 500, height: 300 } });
    const { tab, complaints } = opened;
    await tab.goto(new URL("/", page.ingress.url).href);
    // What its frontend does for whoever subscribes (panels/app/ha-panel-app.ts).
    await tab.evaluate(`{
      const frame = document.createElement("iframe");
      frame.src = ${JSON.stringify(new URL(page.ingress.url).pathname)};
      addEventListener("message", ({ data, source }) => {
        if (data.type === "home-assistant/subscribe-properties")
          source.postMessage({ type: "home-assistant/properties", narrow: true, route: { prefix: "/app/x_rack_power", path: "/device/attic" } }, "*");
      });
      document.body.append(frame);
    }`);
    const frame = tab.frameLocator("iframe");
    await frame.locator("#device-attic:target").waitFor();
    const inside = tab.frames()[1];
    expect(await inside?.evaluate("document.querySelector('#device-attic').getBoundingClientRect().top < innerHeight && scrollY > 0")).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("in Home Assistant's frame it wears Home Assistant's colours", { timeout: 30_000 }, async () => {
    await using page = await startPage(withPdu);
    page.ingress.parent = `<!doctype html><html style="--primary-background-color: #101820; --card-background-color: #203040; --primary-text-color: #f0f0f0"><link rel="icon" href="data:,"><iframe src="${new URL(page.ingress.url).pathname}" width="800" height="600"></iframe></html>`;
    await using opened = await openTab(page);
    const { tab, complaints } = opened;
    await tab.goto(new URL("/", page.ingress.url).href);
    const frame = tab.frameLocator("iframe");
    await frame.locator("#devices").waitFor();
    const inside = tab.frames()[1];
    const colours = await inside?.evaluate<readonly string[]>("[getComputedStyle(document.body).backgroundColor, document.documentElement.dataset.scheme]");
    expect(colours).toEqual(["rgb(16, 24, 32)", "dark"]);
    expect(complaints).toEqual([]);
  });
});
