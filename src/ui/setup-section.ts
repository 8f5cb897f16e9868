import type { Answer, Identified } from "#domain/identified.ts";
import { html, type Html, type Part } from "./html.ts";
import { partTitle, readings } from "./reading.ts";
import type { View } from "./view.ts";

/** What a person typed, to be shown again; never a secret. */
export type Typed = Readonly<Partial<Record<"host" | "driver" | "username" | "port" | "ups" | "more", string>>>;

/** What came of the form: answers, or why there are none. */
export type Result = { readonly typed: Typed } & (
  | { readonly found: readonly Identified[] }
  | { readonly wrong: string; readonly problems?: readonly string[] }
);

const field = (name: string, label: string, control: Html, hint?: string): Html => html`
  <div class="field">
    <label for="${name}">${label}</label>
    ${control} ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
  </div>
`;

const input = (name: string, value: string | undefined, more: Html = html``): Html =>
  html`<input id="${name}" name="${name}" value="${value ?? ""}" autocomplete="off" autocapitalize="none" spellcheck="false" ${more} />`;

const kindField = ({ text, source }: View, { driver = "" }: Typed): Html => {
  const option = (value: string, word: string): Html => html`<option value="${value}" ${value === driver && "selected"}>${word}</option>`;
  return field(
    "driver",
    text.setup.driver,
    html`<select id="driver" name="driver">
      ${option("", text.setup.any)}${source.drivers.map((name) => option(name, name))}
    </select>`,
  );
};

const loginFields = ({ text: { setup } }: View, { username, port, ups, more }: Typed, open: boolean): Html => html`
  <details ${open && "open"}>
    <summary>${setup.login}</summary>
    <div class="fields">
      ${field("username", setup.username, input("username", username))}
      ${field("password", setup.password, html`<input id="password" name="password" type="password" autocomplete="off" />`)}
      ${field("community", setup.community, html`<input id="community" name="community" type="password" autocomplete="off" />`)}
      ${field("port", setup.port, input("port", port, html`inputmode="numeric" pattern="[0-9]{1,5}"`))} ${field("ups", setup.ups, input("ups", ups))}
      ${field("more", setup.more, html`<textarea id="more" name="more" rows="2" aria-describedby="more-hint" spellcheck="false">${more ?? ""}</textarea>`, setup.moreHint)}
    </div>
  </details>
`;

const form = (view: View, result: Result | undefined): Html => {
  const typed = result?.typed ?? {};
  // Whoever got no answer probably lacks a login.
  const open = result !== undefined && !("found" in result && result.found.some((one) => "entry" in one));
  const { setup } = view.text;
  return html`
    <form class="card" method="post" action="identify" data-busy>
      <p class="lead">${setup.lead}</p>
      <div class="fields">
        ${field("host", setup.host, input("host", typed.host, html`required maxlength="255" aria-describedby="host-hint"`), setup.hostHint)}
        ${kindField(view, typed)}
      </div>
      ${loginFields(view, typed, open)}
      <button class="primary" id="identify">${setup.identify}</button>
    </form>
  `;
};

const addForm = ({ text: { setup } }: View, { id, entry }: Answer, mark: string): Html => html`
  <form method="post" action="devices" class="add">
    <input type="hidden" name="entry" value="${JSON.stringify(entry)}" />
    <div class="fields">
      <div class="field">
        <label for="id-${mark}">${setup.id}</label>
        <input
          id="id-${mark}"
          name="id"
          value="${id}"
          required
          pattern="[a-z0-9][a-z0-9_\\-]{0,63}"
          aria-describedby="id-hint-${mark}"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
        />
        <p class="hint" id="id-hint-${mark}">${setup.idHint}</p>
      </div>
      <div class="field">
        <label for="name-for-${mark}">${setup.name}</label>
        <input id="name-for-${mark}" name="name" maxlength="100" aria-describedby="name-hint-${mark}" autocomplete="off" />
        <p class="hint" id="name-hint-${mark}">${setup.nameHint}</p>
      </div>
    </div>
    <button class="primary">${setup.add}</button>
  </form>
`;

/** The driver, and for another answer by the same one its number. */
const markOf = (answers: readonly Answer[], at: number): string => {
  const driver = answers[at]?.driver ?? "";
  const before = answers.slice(0, at).filter((answer) => answer.driver === driver).length;
  return before === 0 ? driver : `${driver}-${before + 1}`;
};

/** `mark`: in the ids of elements, different for each answer. */
const answerCard = (view: View, answer: Answer, mark: string): Html => {
  const { text, source } = view;
  const { driver, description, yaml } = answer;
  const { manufacturer, model, serial, firmware, parts } = description;
  const maker = [manufacturer, model].filter((word) => word !== undefined).join(" ");
  const name = maker === "" ? text.setup.unnamed : maker;
  const facts = [
    driver,
    ...(serial === undefined ? [] : [text.devices.serial({ serial })]),
    ...(firmware === undefined ? [] : [text.devices.firmware({ firmware })]),
  ];
  const rows = parts.map(({ id, label = "" }) => ({ id, name: label === "" ? partTitle(view, id) : label, note: label === "" ? undefined : id }));
  const shown = answer.readings.map(({ part, point, value }) => ({ part, point, ...source.value(point, value) }));
  return html`
    <article class="card device answer" aria-labelledby="answer-${mark}">
      <header>
        <div>
          <h4 id="answer-${mark}">${name}</h4>
          <p class="facts">${facts.join(" · ")}</p>
        </div>
      </header>
      <div class="readings">${readings(view, rows, shown, name)}</div>
      ${source.addDevice && addForm(view, answer, mark)}
      <h5 id="yaml-title-${mark}">${text.setup.paste}</h5>
      <div class="paste">
        <pre id="yaml-${mark}" tabindex="0" role="region" aria-labelledby="yaml-title-${mark}"><code>${yaml}</code></pre>
        <button type="button" data-copy="yaml-${mark}" data-copied="${text.setup.copied}" hidden>${text.setup.copy}</button>
      </div>
    </article>
  `;
};

const wrongCard = (wrong: string, problems: readonly string[] = []): Html => html`
  <div class="card trouble" role="alert" id="result" tabindex="-1" autofocus>
    <p><strong>${wrong}</strong></p>
    ${
      problems.length > 0 &&
      html`<ul>
        ${problems.map((one) => html`<li>${one}</li>`)}
      </ul>`
    }
  </div>
`;

const resultOf = (view: View, result: Result): Part => {
  if ("wrong" in result) return wrongCard(result.wrong, result.problems);
  const { setup } = view.text;
  const answers = result.found.filter((one) => "entry" in one);
  const silent = result.found.filter((one) => "why" in one);
  return html`
    <h3 id="result" tabindex="-1" autofocus>${answers.length === 0 ? setup.nobody : setup.found({ count: answers.length })}</h3>
    ${answers.map((answer, at) => answerCard(view, answer, markOf(answers, at)))}
    ${
      silent.length > 0 &&
      html`<div class="silent card">
        <p>${setup.notes}</p>
        <ul>
          ${silent.map(({ driver, why }) => html`<li><strong>${driver}</strong> ${why}</li>`)}
        </ul>
      </div>`
    }
  `;
};

/** The form by which a device is found and added; nothing for those who may only look. */
export const setupSection = (view: View, result: Result | undefined): Html | false => {
  if (!view.acts || !view.source.identify) return false;
  return html`
    <section id="setup" aria-labelledby="setup-title">
      <h2 id="setup-title" tabindex="-1">${view.text.setup.title}</h2>
      ${form(view, result)}
      <div aria-live="polite" class="result">${result && resultOf(view, result)}</div>
    </section>
  `;
};
