import { html, type Html } from "./html.ts";

const shape = (path: string): Html =>
  html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false"><path d="${path}" /></svg>`;

/** Forms that differ, so that no state is told by its colour alone. They are decoration: a word stands beside each. */
export const icons = {
  bolt: shape("M13 2 4 14h6l-1 8 9-12h-6z"),
  good: shape("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.6 14.6-4-4 1.5-1.5 2.5 2.5 5.7-5.7 1.5 1.5z"),
  bad: shape("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm4.2 12.8-1.4 1.4-2.8-2.8-2.8 2.8-1.4-1.4 2.8-2.8-2.8-2.8 1.4-1.4 2.8 2.8 2.8-2.8 1.4 1.4-2.8 2.8z"),
  warn: shape("M12 2.5 1 21.5h22zm-1 7h2v6h-2zm0 7.5h2v2h-2z"),
  wait: shape("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v6l4.5 2.7 1-1.6-3.5-2.1V7z"),
  none: shape("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-5 9h10v2H7z"),
} as const;

export type Tone = "good" | "bad" | "warn" | "wait" | "none";

/** A state as a form, a colour and a word. */
export const badge = (tone: Tone, word: string): Html => html`<span class="badge ${tone}">${icons[tone]}${word}</span>`;
