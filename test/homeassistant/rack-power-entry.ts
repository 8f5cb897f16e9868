import { fileURLToPath } from "node:url";
import type { HomeAssistant } from "#test/peer/home-assistant.ts";
import { until } from "#test/peer/until.ts";
import type { SupervisorDouble } from "./supervisor-double.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The companion integration, and what stands for Core's `hassio` beside it. */
export const companionIntegrations = [folder("../../integration/custom_components/rack_power"), folder("told_by_supervisor")] as const;

export interface Flow {
  readonly flow_id: string;
  readonly handler: string;
  readonly step_id?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly title?: string;
  readonly result?: { readonly entry_id: string };
  readonly context?: { readonly source: string };
  readonly description_placeholders?: Readonly<Record<string, string>> | null;
}
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks Core's HTTP API as its owner. */
export const askCore = async (core: HomeAssistant, method: string, path: string, body?: object): Promise<Answer> => {
  const headers = { authorization: `Bearer ${core.token}`, "content-type": "application/json" };
  const answer = await fetch(core.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, text: await answer.text() };
};
export const postCore = async (core: HomeAssistant, path: string, body: object): Promise<Flow> =>
  JSON.parse((await askCore(core, "POST", path, body)).text) as Flow;

/** Tells Core what the add-on told the Supervisor: after the add-on said it, and at each start of Core, the Supervisor does so. */
export const tellCore = async (core: HomeAssistant, { messages, slug }: SupervisorDouble): Promise<void> => {
  for (const { uuid, service, config } of messages)
    await core.callService("told_by_supervisor", "discover", { uuid, service, config, slug, name: "Rack Power" });
};

/** What Core shows as discovered and not yet set up. */
export const offers = async (core: HomeAssistant): Promise<readonly Flow[]> =>
  (await core.send<readonly Flow[]>({ type: "config_entries/flow/progress" })).filter(({ handler }) => handler === "rack_power");

/** The person agrees to what Core found by the Supervisor; the entry's id. */
export const acceptOffer = async (core: HomeAssistant): Promise<string> => {
  const [offer] = await until(async () => {
    const found = await offers(core);
    return found.length > 0 && found;
  }, "Core offers it");
  const made = await postCore(core, `/api/config/config_entries/flow/${offer?.flow_id}`, {});
  if (made.type !== "create_entry" || !made.result) throw new Error(JSON.stringify(made));
  return made.result.entry_id;
};

/** Runs an action of the integration, with its answer. */
export const act = async (core: HomeAssistant, service: string, data: object): Promise<Readonly<Record<string, unknown>>> =>
  (
    await core.send<{ response: Readonly<Record<string, unknown>> }>({
      type: "call_service",
      domain: "rack_power",
      service,
      service_data: data,
      return_response: true,
    })
  ).response;
