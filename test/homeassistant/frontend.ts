import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import type { HomeAssistant } from "#test/peer/home-assistant.ts";

/**
 * A browser in which somebody is logged in at Core: the login stands where Core's frontend keeps it (home-assistant/frontend,
 * src/common/auth/token_storage.ts). Nothing but this machine is asked.
 */
export const enterFrontend = async (browser: Browser, core: HomeAssistant, options: BrowserContextOptions): Promise<BrowserContext> => {
  const context = await browser.newContext(options);
  await context.route(
    ({ hostname }) => hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  const day = 86_400;
  const login = {
    access_token: core.token,
    token_type: "Bearer",
    refresh_token: "",
    expires_in: day,
    expires: Date.now() + day * 1000,
    hassUrl: core.url,
    clientId: `${core.url}/`,
  };
  const stored = { hassTokens: JSON.stringify(login), dockedSidebar: '"always_hidden"', enableShortcuts: "false" };
  const entries = JSON.stringify(Object.entries(stored));
  // The page of the add-on is of another origin here, and needs none of it.
  await context.addInitScript(
    `if (location.origin === ${JSON.stringify(core.url)}) for (const [name, value] of ${entries}) localStorage.setItem(name, value);`,
  );
  return context;
};

const tile = (entity: string, name: string, more: object = {}): object => ({ type: "tile", entity, name, ...more });
const heading = (text: string, icon: string): object => ({ type: "heading", heading: text, icon });

/** A dashboard as somebody would make it for the simulated rack: outlets to tap, their power and energy, UPS and server. */
export const rackDashboard = (outlets: readonly string[]): object => ({
  title: "Rack",
  views: [
    {
      title: "Rack",
      type: "sections",
      max_columns: 3,
      sections: [
        {
          cards: [
            heading("Outlets", "mdi:power-socket-de"),
            ...outlets.map((name, at) => tile(`switch.rack_pdu_outlet_${at + 1}`, name, { icon: "mdi:power-socket-de" })),
            heading("Last command", "mdi:history"),
            tile("event.rack_power_command", "Command", { state_content: ["event_type", "state"], grid_options: { columns: "full" } }),
          ],
        },
        {
          cards: [
            heading("Power and energy", "mdi:lightning-bolt"),
            tile("sensor.rack_pdu_inlet_1_power", "Whole rack"),
            tile("sensor.rack_pdu_inlet_1_energy", "Whole rack"),
            ...outlets.flatMap((name, at) => [tile(`sensor.rack_pdu_outlet_${at + 1}_power`, name), tile(`sensor.rack_pdu_outlet_${at + 1}_energy`, name)]),
          ],
        },
        {
          cards: [
            heading("Office UPS", "mdi:battery-charging-high"),
            { type: "gauge", entity: "sensor.office_ups_charge", name: "Charge", needle: true, severity: { green: 50, yellow: 25, red: 0 } },
            { type: "gauge", entity: "sensor.office_ups_load", name: "Load", needle: true, severity: { green: 0, yellow: 60, red: 85 } },
            tile("sensor.office_ups_status", "Status"),
            tile("sensor.office_ups_runtime", "Lasts for"),
            heading("Web server", "mdi:server"),
            tile("switch.web", "Power", { icon: "mdi:server" }),
            tile("sensor.web_power", "Draws"),
            tile("sensor.web_sensor_cpu_temp_temperature", "Processor"),
            tile("sensor.web_sensor_fan1_fan_speed", "Fan"),
          ],
        },
      ],
    },
  ],
});
