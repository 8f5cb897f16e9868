import type { Health } from "#publish/rest/page-source.ts";
import { html, type Html } from "./html.ts";
import { badge, type Tone } from "./icon.ts";
import type { View } from "./view.ts";

const tones: Readonly<Record<"connected" | "connecting" | "refused", Tone>> = { connected: "good", connecting: "wait", refused: "bad" };

/** Called so in every language. */
const protocols = { 5: "MQTT 5", 4: "MQTT 3.1.1" } as const;

const tile = (name: string, state: Html, detail: string | undefined): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${state}${detail !== undefined && html`<small lang="en">${detail}</small>`}</dd>
  </div>`;

const brokerTile = ({ text }: View, { broker }: Health): Html => {
  const { connections } = text;
  if (!broker) return tile(connections.broker, badge("none", connections.noBroker), undefined);
  const { state, protocol, detail } = broker;
  return tile(connections.broker, badge(tones[state], connections.state[state]), detail ?? (protocol && protocols[protocol]));
};

/** What we are connected to. */
export const statusSection = (view: View): Html => {
  const { text, source } = view;
  const health = source.health();
  return html`
    <section id="status" aria-labelledby="status-title" data-live>
      <h2 id="status-title">${text.connections.title}</h2>
      <dl class="card tiles status">
        ${brokerTile(view, health)}
        ${(health.partners ?? []).map(({ name, state, detail }) => tile(text.connections[name], badge(tones[state], text.connections.state[state]), detail))}
        ${tile(text.connections.version, html`<span class="value">${source.version}</span>`, undefined)}
      </dl>
    </section>
  `;
};

/** One word for everything, at the top of the page. */
export const summary = ({ text, source }: View): Html => {
  const { state } = source.health();
  const worse = state === "ready" && source.repairs().length > 0 ? "degraded" : state;
  return html`<p id="summary" data-live role="status">${badge(worse === "ready" ? "good" : worse === "degraded" ? "warn" : "wait", text.state[worse])}</p>`;
};
