import { html, type Html } from "./html.ts";
import type { View } from "./view.ts";

const levels = ["error", "warn", "info", "debug"] as const;

const levelForm = ({ text: { settings }, source }: View): Html => {
  const now = source.health().logLevel;
  return html`
    <form method="post" action="log-level" class="level">
      <label for="level">${settings.level}</label>
      <div class="inline">
        <select id="level" name="level">
          ${levels.map((level) => html`<option value="${level}" ${level === now && "selected"}>${settings.levels[level]}</option>`)}
        </select>
        <button>${settings.set}</button>
      </div>
    </form>
  `;
};

/** Where the file is, and what can be done about it. */
export const settingsSection = (view: View): Html => {
  const { text, source, acts } = view;
  const { settings } = text;
  const file = source.file();
  const underSupervisor = source.health().partners !== undefined;
  return html`
    <section id="settings" aria-labelledby="settings-title">
      <h2 id="settings-title">${settings.title}</h2>
      <div class="card stack">
        ${
          file !== undefined &&
          html`<p>${settings.file} <code>${file}</code>.</p>
            ${acts && html`<p class="facts">${underSupervisor ? settings.edit : settings.editPlain}</p>`}`
        }
        ${acts && source.reload && html`<form method="post" action="reload" data-busy><button>${settings.reload}</button></form>`}
        ${acts && source.setLogLevel && levelForm(view)} ${!acts && html`<p>${settings.reader}</p>`}
      </div>
    </section>
  `;
};
