import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { containerEngine } from "#test/image/container-engine.ts";
import { chromiumPeer, startChromium } from "#test/peer/chromium.ts";
import { startHomeAssistant, type HomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto, type Mosquitto } from "#test/peer/mosquitto.ts";
import { debianPackages, describeWithPeer, gatherPeers, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";
import { addonAsImage, addonFromSources, type AddonUnderTest } from "./addon-under-test.ts";
import { enterFrontend, rackDashboard } from "./frontend.ts";
import { takePicture, windows } from "./picture.ts";
import { labels, startSimulatedRack, type EnteredDevice, type SimulatedRack } from "./simulated-rack.ts";

const { together, peers } = await gatherPeers({ mosquitto: debianPackages("mosquitto"), core: pythonPackages("homeassistant"), chromium: chromiumPeer() });
const engine = await containerEngine();

const nas = labels.indexOf("NAS") + 1;
const nasSwitch = `switch.rack_pdu_outlet_${nas}`;

describeWithPeer(`a person's first five minutes with ${engine.ok ? "the image" : "the sources"}`, together, () => {
  let broker: Mosquitto;
  let core: HomeAssistant;
  let addon: AddonUnderTest;
  let rack: SimulatedRack;
  let browser: Browser;
  let person: BrowserContext;
  let page: Page;
  /** What the browser complained of on the page of the add-on. */
  const complaints: string[] = [];
  /** Everything that the program sent to it. */
  const received: string[] = [];

  beforeAll(async () => {
    [broker, rack, browser] = await Promise.all([startMosquitto(peers.mosquitto), startSimulatedRack(), startChromium(peers.chromium)]);
    const starting = startHomeAssistant(peers.core, { broker: { port: broker.port }, welcomed: true });
    addon = await (engine.ok ? addonAsImage(engine) : addonFromSources());
    core = await starting;
    addon.supervisor.broker = { host: "127.0.0.1", port: broker.port };
    addon.supervisor.core = core;
  });
  afterAll(async () => {
    await browser?.close();
    for (const one of [addon, core, broker, rack]) await one?.[Symbol.asyncDispose]();
  });

  /** In the file. */
  const devices = (): readonly string[] => [...addon.text("rack-power.yaml").matchAll(/^  ([a-z-]+):$/gm)].map(([, id = ""]) => id);
  /** Opens the page from Home Assistant's sidebar, as far as a browser sees the difference. */
  const openPage = async (): Promise<void> => {
    const users = await core.send<readonly { readonly id: string; readonly is_owner: boolean }[]>({ type: "config/auth/list" });
    const { id = "" } = users.find(({ is_owner: owner }) => owner) ?? {};
    const { url, cookie } = addon.supervisor.openIngress({ id, username: "rack", displayName: "Rack" });
    const [name = "", value = ""] = cookie.split("=");
    await person.addCookies([{ name, value, url }]);
    page = await person.newPage();
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    page.on(
      "response",
      (response) =>
        void response
          .text()
          .then((text) => received.push(text))
          .catch(() => undefined),
    );
    await page.goto(url);
  };
  /** By the form: what is it, and then "Add it". */
  const enter = async ({ id, name, driver, fields }: EnteredDevice): Promise<void> => {
    await page.fill("#host", "127.0.0.1");
    await page.selectOption("#driver", driver);
    if ((await page.locator("#setup details[open]").count()) === 0) await page.click("#setup summary");
    for (const [field, text] of Object.entries(fields)) await page.fill(`#${field}`, text);
    await page.click("#identify");
    await page.waitForSelector("text=1 answer");
    await page.fill(`#id-${driver}`, id);
    await page.fill(`#name-for-${driver}`, name);
    if (driver === "snmp") await takePicture(page.locator(".answer"), "identify");
    await page.click("text=Add it");
    await page.waitForSelector(`#notice >> text=${id} was added`);
    await page.waitForSelector(`#device-${id} .badge.good`);
  };

  test("started with nothing configured, it makes its file, finds broker and Core, and its page is there", async () => {
    await addon.start();
    expect(devices()).toEqual([]);
    person = await enterFrontend(browser, core, { viewport: windows.wide });
    await openPage();
    await page.waitForSelector("#devices >> text=There is no device yet");
    await page.waitForSelector("header >> text=Everything is fine");
    expect(await page.locator("#status .badge.good").count()).toBe(3);
    expect(addon.supervisor.messages.map(({ service }) => service)).toEqual(["rack_power"]);
  });

  test("a PDU is identified by the form and added; its devices and entities appear in Home Assistant by themselves", async () => {
    const { pdu, others } = rack.devices;
    expect((await core.devices()).some(({ name }) => name === pdu.name)).toBe(false);
    await enter(pdu);
    expect((await core.entity(nasSwitch, "on")).attributes).toMatchObject({ device_class: "outlet", friendly_name: "Rack PDU NAS" });
    await core.entity(`sensor.rack_pdu_outlet_${nas}_power`, "30");
    for (const other of others) await enter(other);
    await core.entity("sensor.office_ups_charge", "100");
    await core.entity("switch.web", "on");
    const names = (await core.devices()).map(({ name }) => name);
    for (const { name } of [pdu, ...others]) expect(names).toContain(name);
    expect(devices()).toEqual(["rack-pdu", "office-ups", "web"]);
  });

  test("its outlet, tapped on a dashboard in Home Assistant, is switched, and the tile shows it", async () => {
    const path = "rack-view";
    await core.send({ type: "lovelace/dashboards/create", url_path: path, title: "Rack", mode: "storage" });
    await core.send({ type: "lovelace/config/save", url_path: path, config: rackDashboard(labels) });
    const dashboard = await person.newPage();
    await dashboard.goto(`${core.url}/${path}`);
    const tile = dashboard.locator("hui-tile-card", { hasText: "NAS" }).first();
    await tile.locator("ha-tile-icon").click({ timeout: 60_000 });
    await until(() => rack.pdu.asked.length > 0, "the PDU is asked");
    expect(rack.pdu.asked).toEqual([{ number: nas, to: "off" }]);
    await core.entity(nasSwitch, "off");
    await tile.locator("text=Off").waitFor();
    await core.entity(`sensor.rack_pdu_outlet_${nas}_power`, "0");
    await takePicture(dashboard, "dashboard");
    await dashboard.locator("hui-tile-card", { hasText: /confirmed/i }).waitFor();
    await dashboard.close();
  });

  test("the page shows, without being opened again, who did it and that the device confirmed it", async () => {
    const line = page.locator("#outcomes li").first();
    await line.locator("text=NAS").waitFor();
    expect((await line.textContent())?.replaceAll(/\s+/g, " ")).toMatch(/NAS switch off ?confirmed Rack PDU · by Home Assistant/);
    await page.waitForSelector("#device-rack-pdu tr:has-text('NAS') >> text=off");
    await page.goto(page.url().replace(/\?.*/, ""));
    await takePicture(page, "page");
    await page.emulateMedia({ colorScheme: "dark" });
    await takePicture(page, "page-dark");
    await page.setViewportSize(windows.narrow);
    await takePicture(page, "page-narrow");
    expect(complaints).toEqual([]);
  });

  test("no password that was typed came back to the browser, is in the log or in the configuration itself", async () => {
    const left = { page: received.join("\n"), log: await addon.output(), file: addon.text("rack-power.yaml") };
    for (const [where, text] of Object.entries(left)) {
      expect(text.length, where).toBeGreaterThan(200);
      for (const secret of [...rack.secrets, addon.supervisor.token]) expect(text.includes(secret), `a secret in ${where}`).toBe(false);
    }
    for (const secret of rack.secrets) expect(addon.text("secrets.yaml")).toContain(secret);
  });

  test("Home Assistant has not complained of us, and the add-on ends with 0", async () => {
    const device = (await core.devices()).find(({ name }) => name === rack.devices.pdu.name);
    const tab = await person.newPage();
    await tab.goto(`${core.url}/config/devices/device/${device?.id}`);
    await tab.locator("ha-config-device-page >> text=AP8941").first().waitFor({ timeout: 60_000 });
    // Icons come one by one.
    await tab.waitForLoadState("networkidle");
    await takePicture(tab, "device");
    // What Core's own pages say of themselves in this browser is left out.
    const log = (await core.systemLog()).filter(({ name }) => !name.startsWith("frontend.js."));
    const lines = log.map(({ level, name, message }) => `${level} ${name} ${message.join(" ")}`);
    expect(lines).toEqual([]);
    expect(await addon.stop()).toBe(0);
    await core.entity(nasSwitch, "unavailable");
  });
});
