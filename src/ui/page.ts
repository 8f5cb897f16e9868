import { agreeSection } from "./agree-section.ts";
import { deviceSection } from "./device-section.ts";
import { html, type Html, type Part } from "./html.ts";
import { icons } from "./icon.ts";
import { outcomeSection } from "./outcome-section.ts";
import { repairSection } from "./repair-section.ts";
import { settingsSection } from "./settings-section.ts";
import { setupSection, type Result } from "./setup-section.ts";
import { statusSection, summary } from "./status-section.ts";
import type { PageText } from "./text.ts";
import type { View } from "./view.ts";

/** What a person just did, to be told once. */
export interface Notice {
  readonly sentence: string;
  readonly wrong: boolean;
  readonly problems?: readonly string[];
}

/**
 * All addresses are relative: the page lives below a path that only the browser knows. The policy for referrers stands in the page, as Core
 * puts `no-referrer` into the headers (components/http/headers.py), with which a form says `Origin: null` (Fetch, 3.2.1) and is taken for
 * another site's.
 */
const documentOf = (text: PageText, version: string, body: Part): string =>
  html`<!doctype html>
    <html lang="${text.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="same-origin" />
        <meta name="color-scheme" content="light dark" />
        <title>${text.title}</title>
        <link rel="icon" type="image/svg+xml" href="page.svg" />
        ${["color", "card", "form", "page"].map((name) => html`<link rel="stylesheet" href="${name}.css?${version}" />`)}
        <script src="page.js?${version}" defer></script>
      </head>
      <body>
        ${body}
      </body>
    </html>`.toString();

const noticeOf = ({ sentence, wrong, problems = [] }: Notice): Html => html`
  <div class="card notice ${wrong ? "trouble" : "done"}" id="notice" role="${wrong ? "alert" : "status"}" tabindex="-1" autofocus>
    <p>${icons[wrong ? "bad" : "good"]}<strong>${sentence}</strong></p>
    ${
      problems.length > 0 &&
      html`<ul>
        ${problems.map((one) => html`<li>${one}</li>`)}
      </ul>`
    }
  </div>
`;

/** The whole page. */
export const renderPage = (view: View, { notice, result }: { readonly notice?: Notice | undefined; readonly result?: Result } = {}): string => {
  const { text, source } = view;
  return documentOf(
    text,
    source.version,
    html`
      <a class="skip" href="#devices-title">${text.skip}</a>
      <header class="top">
        <h1>${icons.bolt}${text.title}</h1>
        ${summary(view)}
      </header>
      <main>
        ${notice && noticeOf(notice)}
        <div class="columns">
          <div class="wide">${repairSection(view)} ${deviceSection(view)} ${agreeSection(view)} ${setupSection(view, result)}</div>
          <div class="side">${statusSection(view)} ${outcomeSection(view)} ${settingsSection(view)}</div>
        </div>
      </main>
    `,
  );
};

/** When there is no page to show. */
export const renderFailure = (text: PageText, version: string, sentence: string): string =>
  documentOf(
    text,
    version,
    html`
      <header class="top"><h1>${icons.bolt}${text.title}</h1></header>
      <main>
        <div class="card notice trouble">
          <h2>${text.failed.title}</h2>
          <p>${sentence}</p>
          <p><a href="./">${text.failed.back}</a></p>
        </div>
      </main>
    `,
  );
