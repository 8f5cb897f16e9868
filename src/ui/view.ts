import type { Caller, DeviceView, PageSource, ToAgree, Words } from "#publish/rest/page-source.ts";
import { formatAgo, formatMoment } from "./format.ts";
import { html, type Html } from "./html.ts";
import type { PageText } from "./text.ts";

/** What every piece of the page needs. */
export interface View {
  readonly text: PageText;
  /** Names of parts, points and commands, in the same language. */
  readonly words: Words;
  readonly source: PageSource;
  readonly caller: Caller | undefined;
  /** As they are while this page is made. */
  readonly devices: readonly DeviceView[];
  /** The caller may change things; a reader gets no form that acts. */
  readonly acts: boolean;
  /** What could be done at Home Assistant; nothing for a reader. */
  readonly toAgree: ToAgree;
}

/** How long ago, with the moment itself for whoever looks closer. `at`: RFC 3339. */
export const ago = ({ text, source }: View, at: string): Html => {
  const seconds = source.secondsSince(at);
  const word = seconds < 5 ? text.value.now : formatAgo(text.language, seconds);
  return html`<time datetime="${at}" title="${formatMoment(text.language, source.moment(at))}">${word}</time>`;
};
