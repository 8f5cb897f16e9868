import { html, type Html } from "./html.ts";
import type { View } from "./view.ts";

/** What a person may choose or not. */
interface Choice {
  readonly id: string;
  readonly name: string;
  readonly note?: string;
}

interface Question {
  /** Where the form goes to; also the beginning of its fields' ids. */
  readonly action: "energy" | "orphans";
  readonly title: string;
  readonly hint: string;
  readonly button: string;
  readonly choices: readonly Choice[];
  /** Chosen from the beginning: for what only adds, never for what takes away. */
  readonly chosen: boolean;
}

const choice = ({ action, chosen }: Question, { id, name, note }: Choice, at: number): Html => html`
  <li>
    <label>
      <input type="checkbox" id="${action}-${at}" name="pick.${id}" value="yes" autocomplete="off" ${chosen && "checked"} />
      <span>${name}${note !== undefined && html` <small>${note}</small>`}</span>
    </label>
  </li>
`;

const form = (question: Question): Html => html`
  <form method="post" action="${question.action}" class="card agree" data-busy>
    <fieldset aria-describedby="${question.action}-hint">
      <legend>${question.title}</legend>
      <p class="hint" id="${question.action}-hint">${question.hint}</p>
      <ul>
        ${question.choices.map((one, at) => choice(question, one, at))}
      </ul>
    </fieldset>
    <button id="${question.action}-do">${question.button}</button>
  </form>
`;

/** What Home Assistant could be given or relieved of, each only as a person chooses; nothing at all when there is nothing. */
export const agreeSection = ({ text: { agree }, toAgree: { energy, orphans } }: View): Html => {
  if (energy.length + orphans.length === 0) return html`<section id="agree" data-live hidden></section>`;
  return html`
    <section id="agree" aria-labelledby="agree-title" data-live>
      <h2 id="agree-title">${agree.title}</h2>
      ${
        energy.length > 0 &&
        form({
          action: "energy",
          title: agree.energy({ count: energy.length }),
          hint: agree.energyHint,
          button: agree.add,
          choices: energy.map(({ sensor, name }) => ({ id: sensor, name, note: sensor })),
          chosen: true,
        })
      }
      ${
        orphans.length > 0 &&
        form({
          action: "orphans",
          title: agree.orphans({ count: orphans.length }),
          hint: agree.orphansHint,
          button: agree.remove,
          choices: orphans.map(({ uniqueId, entityId, name }) => ({ id: uniqueId, name, note: entityId })),
          chosen: false,
        })
      }
    </section>
  `;
};
