import { isCommandName } from "#domain/capability.ts";
import type { OutcomeView } from "#publish/rest/page-source.ts";
import { html, type Html } from "./html.ts";
import { badge, type Tone } from "./icon.ts";
import { ago, type View } from "./view.ts";

/** So many of the latest. */
const most = 12;

const tones: Readonly<Record<OutcomeView["state"], Tone>> = { confirmed: "good", unconfirmed: "warn", refused: "none", failed: "bad", running: "wait" };

const who = ({ text }: View, { via, key, person, why }: OutcomeView["by"]): string => {
  const { outcomes } = text;
  if (via === "mqtt") return outcomes.homeAssistant;
  if (key !== undefined) return person === undefined ? outcomes.key({ key }) : outcomes.personAndKey({ person, key });
  return person ?? why ?? via;
};

const item = (view: View, names: ReadonlyMap<string, string>, outcome: OutcomeView): Html => {
  const { text } = view;
  const { device, part, command, value, state, detail, by, reason, endedAt, askedAt } = outcome;
  const word = isCommandName(command) ? view.words.command[command] : command;
  const name = names.get(`${device}/${part}`) ?? part;
  return html`
    <li>
      <div class="line">
        <span class="what"><strong>${name}</strong> ${word}${value !== undefined && ` ${value}`}</span>${badge(tones[state], text.outcomes.state[state])}
      </div>
      <p class="facts">${names.get(device) ?? device} · ${text.outcomes.by({ who: who(view, by) })} · ${ago(view, endedAt ?? askedAt)}</p>
      ${reason !== undefined && html`<p class="facts">${text.outcomes.reason({ reason })}</p>`}
      ${state !== "confirmed" && html`<p class="facts" lang="en">${detail}</p>`}
    </li>
  `;
};

/** Who switched what, and whether the device obeyed. */
export const outcomeSection = (view: View): Html => {
  const { text, source, devices } = view;
  const names = new Map(
    devices.flatMap(({ id, name, parts }): [string, string][] => [[id, name], ...parts.map((part): [string, string] => [`${id}/${part.id}`, part.name])]),
  );
  const outcomes = source.outcomes(most);
  return html`
    <section id="outcomes" aria-labelledby="outcomes-title" data-live>
      <h2 id="outcomes-title">${text.outcomes.title}</h2>
      ${
        outcomes.length === 0
          ? html`<p class="card empty">${text.outcomes.none}</p>`
          : html`<ol class="card outcomes">
              ${outcomes.map((one) => item(view, names, one))}
            </ol>`
      }
    </section>
  `;
};
