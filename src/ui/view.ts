import type { Caller, DeviceView, PageSource } from "#publish/rest/page-source.ts";
import { html, type Html } from "./html.ts";
import type { PageText } from "./text.ts";

/** What every piece of the page needs. */
export interface View {
  readonly text: PageText;
  readonly source: PageSource;
  readonly caller: Caller | undefined;
  /** As they are while this page is made. */
  readonly devices: readonly DeviceView[];
  /** The caller may change things; a reader gets no form that acts. */
  readonly acts: boolean;
}

/** How long ago, with the moment itself for whoever looks closer. `at`: RFC 3339. */
export const ago = ({ text, source }: View, at: string): Html => html`<time datetime="${at}" title="${at}">${text.ago(source.secondsSince(at))}</time>`;
