import { isPointName, pointNames, pointSpec, type PointName, type Value } from "#domain/capability.ts";
import { formatMoment, formatNumber } from "./format.ts";
import { html, type Html } from "./html.ts";
import type { View } from "./view.ts";

/** One value of a part, wherever it comes from. */
export interface Shown {
  readonly part: string;
  readonly point: PointName;
  readonly value: Value;
  readonly unit?: string;
  readonly stale?: boolean;
  /** Worked out by us, as the device does not say it. */
  readonly derived?: boolean;
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly note?: string | undefined;
}

const minutes = (seconds: number): string =>
  seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;

const plain = ({ text, source }: View, { point, value, unit }: Shown): string => {
  if (typeof value === "number") {
    if (unit === "s" && value >= 60) return minutes(value);
    const number = formatNumber(text.language, value);
    // A blank that does not break: a number and its unit stay on one line.
    return unit === undefined || unit === "" ? number : `${number}\u00A0${unit}`;
  }
  if (typeof value === "boolean") return point.endsWith(".on") ? text.value[value ? "on" : "off"] : text.value[value ? "yes" : "no"];
  if (typeof value !== "string") return value.join(" ");
  if (pointSpec(point).type === "time") return formatMoment(text.language, source.moment(value));
  return point === "ups.state" && Object.hasOwn(text.upsState, value) ? text.upsState[value as keyof typeof text.upsState] : value;
};

const toneOf = ({ point, value }: Shown): string => {
  if (typeof value !== "boolean") return typeof value === "number" ? "whole" : "";
  const spec = pointSpec(point);
  if (spec.type === "flag" && spec.problem === true) return value ? "flag bad" : "flag";
  return value ? "flag good" : "flag";
};

const cell = (view: View, shown: Shown | undefined): Html => {
  if (!shown) return html`<span class="absent">${view.text.value.absent}</span>`;
  const word = html`<span class="value ${toneOf(shown)}">${plain(view, shown)}</span>`;
  const { stale, derived } = view.text.devices;
  if (shown.stale === true) return html`<span class="stale">${word} <small>${stale}</small></span>`;
  return shown.derived === true ? html`<span>${word} <small>${derived}</small></span>` : word;
};

const pointTitle = ({ words, text }: View, point: PointName): string => {
  const word = words.point[point];
  return word === "" ? text.value.on : word;
};

const isNumber = (point: PointName): boolean => pointSpec(point).type === "number";
const isState = (point: string): point is PointName => isPointName(point) && pointSpec(point).role === "state";

const table = (view: View, rows: readonly Row[], points: readonly PointName[], find: Find, label: string): Html => html`
  <div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">${view.text.devices.part}</th>
          ${points.map((point) => html`<th scope="col" class="${isNumber(point) && "number"}">${pointTitle(view, point)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`
            <tr>
              <th scope="row">${row.name}${row.note !== undefined && html` <small>${row.note}</small>`}</th>
              ${points.map((point) => html`<td class="${isNumber(point) && "number"}">${cell(view, find(row, point))}</td>`)}
            </tr>
          `,
        )}
      </tbody>
    </table>
  </div>
`;

type Find = (row: Row, point: PointName) => Shown | undefined;

const tile = (name: string, value: Html): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

/** `outlet/4` as a person says it. */
export const partTitle = ({ words }: View, id: string): string => {
  const [kind = "", ...rest] = id.split("/");
  const title = [words.part[kind] ?? kind, ...rest].filter((word) => word !== "").join(" ");
  return title === "" ? kind : title;
};

const kindOf = (part: string): string => part.split("/", 1)[0] ?? part;
/** Parts that are the device itself, such as a chassis, have no word of their own: its name stands above them already. */
const isSelf = ({ words }: View, kind: string): boolean => words.part[kind] === "";

const single = (view: View, row: Row, points: readonly PointName[], find: Find): Html => html`
  <div class="single">
    ${!isSelf(view, row.id) && html`<h4>${row.name}${row.note !== undefined && html` <small>${row.note}</small>`}</h4>`}
    <dl class="tiles">${points.map((point) => tile(pointTitle(view, point), cell(view, find(row, point))))}</dl>
  </div>
`;

/** Sensors of all sorts, each with one value: a table of them would be mostly empty. */
const oneEach = (view: View, rows: readonly Row[], points: readonly PointName[], find: Find): Html | undefined => {
  const shown = rows.map((row) => points.flatMap((point) => find(row, point) ?? []));
  if (points.length < 2 || shown.some((found) => found.length > 1)) return undefined;
  return html`<dl class="tiles">${rows.map((row, at) => shown[at]?.[0] !== undefined && tile(row.name, cell(view, shown[at][0])))}</dl>`;
};

/** Parts of one kind as a table, single ones as tiles; the device itself first. */
const show = (view: View, rows: readonly Row[], readings: readonly Shown[], title: string): readonly Html[] => {
  const found = new Map(readings.map((one) => [`${one.part} ${one.point}`, one]));
  const find: Find = ({ id }, point) => found.get(`${id} ${point}`);
  const kinds = [...Map.groupBy(rows, ({ id }) => kindOf(id))].toSorted(
    ([one, { length: ones }], [other, { length: others }]) => Number(others === 1 && isSelf(view, other)) - Number(ones === 1 && isSelf(view, one)),
  );
  return kinds.flatMap(([kind, own]) => {
    const read = new Set(readings.filter(({ part }) => kindOf(part) === kind).map(({ point }) => point));
    // In the order of the catalogue: the same for every device.
    const points = pointNames.filter((point) => read.has(point));
    if (points.length === 0) return [];
    const [first] = own;
    if (own.length === 1 && first) return [single(view, first, points, find)];
    return [oneEach(view, own, points, find) ?? table(view, own, points, find, `${title}: ${kind}`)];
  });
};

/** What matters in front, the rest behind a line that opens. */
export const readings = (view: View, rows: readonly Row[], all: readonly Shown[], name: string): Html => {
  const { text } = view;
  const aside = show(
    view,
    rows,
    all.filter(({ point }) => !isState(point)),
    `${text.devices.more}, ${name}`,
  );
  return html`
    ${show(
      view,
      rows,
      all.filter(({ point }) => isState(point)),
      text.devices.readings({ name }),
    )}
    ${
      aside.length > 0 &&
      html`<details data-keep="more-${name}">
        <summary>${text.devices.more}</summary>
        ${aside}
      </details>`
    }
  `;
};
