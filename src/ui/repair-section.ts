import type { Repair } from "#domain/repair.ts";
import { html, type Html } from "./html.ts";
import { icons } from "./icon.ts";
import type { View } from "./view.ts";

const place = ({ text }: View, repair: Repair): Html | false =>
  "file" in repair && html`<p class="place"><code>${text.repairs.place({ file: repair.file, line: repair.line, column: repair.column })}</code></p>`;

const accept = ({ text, source, caller }: View, repair: Repair): Html | false =>
  repair.kind === "label-changed" &&
  source.may(caller, "control") &&
  html`
    <form method="post" action="labels">
      <input type="hidden" name="device" value="${repair.device}" />
      <input type="hidden" name="part" value="${repair.part}" />
      <input type="hidden" name="label" value="${repair.label}" />
      <button id="accept-${repair.device}-${repair.part}">${text.repairs.accept({ label: repair.label })}</button>
    </form>
  `;

/** What is wrong and a person can put right; nothing at all when there is nothing. */
export const repairSection = (view: View): Html => {
  const { text, source } = view;
  const repairs = source.repairs();
  if (repairs.length === 0) return html`<section id="repairs" data-live hidden></section>`;
  return html`
    <section id="repairs" aria-labelledby="repairs-title" data-live>
      <h2 id="repairs-title">${text.repairs.title}</h2>
      <ul class="repairs">
        ${repairs.map(
          (repair) => html`
            <li class="card repair">
              ${icons.warn}
              <div>
                <h3>${text.repairs.kind[repair.kind]}${"device" in repair && html` <span class="of">${repair.device}</span>`}</h3>
                <p lang="en">${repair.detail}</p>
                ${place(view, repair)} ${accept(view, repair)}
              </div>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
};
