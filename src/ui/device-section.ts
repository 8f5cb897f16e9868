import { isPointName, type Value } from "#domain/capability.ts";
import type { DeviceView, PartView } from "#publish/rest/page-source.ts";
import { html, type Html } from "./html.ts";
import { badge, type Tone } from "./icon.ts";
import { partTitle, readings, type Row, type Shown } from "./reading.ts";
import { ago, type View } from "./view.ts";

const tones: Readonly<Record<DeviceView["connection"]["state"], Tone>> = { online: "good", connecting: "wait", offline: "bad", quarantined: "warn" };

interface Entry {
  readonly value: Value;
  readonly unit?: string;
  readonly quality: "good" | "stale";
  readonly derived?: true;
}

const shownOf = ({ id, readings: entries }: PartView): readonly Shown[] =>
  Object.entries(entries).flatMap(([point, entry]) => {
    const { value, unit, quality, derived = false } = entry as Entry;
    return isPointName(point) ? [{ part: id, point, value, ...(unit !== undefined && { unit }), stale: quality === "stale", derived }] : [];
  });

const rowOf = (view: View, { id, name, lock }: PartView): Row => {
  const { locked, confirm } = view.text.devices;
  return { id, name: name === id ? partTitle(view, id) : name, note: lock === undefined ? undefined : lock === "locked" ? locked : confirm };
};

const factsOf = ({ text }: View, { manufacturer, model, driver, serial, firmware, fedBy }: DeviceView): string => {
  const { devices } = text;
  const maker = [manufacturer, model].filter((word) => word !== undefined).join(" ");
  const feeders = fedBy.map(({ device, part }) => `${device}/${part}`).join(", ");
  return [
    ...(maker === "" ? [] : [maker]),
    driver,
    ...(serial === undefined ? [] : [devices.serial({ serial })]),
    ...(firmware === undefined ? [] : [devices.firmware({ firmware })]),
    ...(feeders === "" ? [] : [devices.fedBy({ outlets: feeders })]),
  ].join(" · ");
};

const trouble = (view: View, { connection }: DeviceView): Html | false => {
  const { devices } = view.text;
  if (connection.state === "online") return false;
  if (connection.state === "quarantined") return html`<p class="facts">${devices.quarantined}</p>`;
  const fault = connection.fault === undefined ? undefined : devices.fault[connection.fault];
  return html`
    <p class="trouble">
      ${fault !== undefined && html`<strong>${fault}</strong>${connection.detail !== undefined && ": "}`}<span lang="en">${connection.detail}</span>
      <span class="since">${ago(view, connection.since)}</span>
    </p>
  `;
};

const card = (view: View, device: DeviceView): Html => {
  const { devices } = view.text;
  const { id, name, area, connection, parts } = device;
  const all = parts.flatMap(shownOf);
  const rows = parts.map((part) => rowOf(view, part));
  const old = all.length > 0 && all.every(({ stale }) => stale === true);
  return html`
    <article class="card device" id="device-${id}" aria-labelledby="name-${id}">
      <header>
        <div>
          <h3 id="name-${id}">${name}</h3>
          <p class="facts">${area !== undefined && `${area} · `}${factsOf(view, device)}</p>
        </div>
        ${badge(tones[connection.state], devices.state[connection.state])}
      </header>
      ${trouble(view, device)} ${old && html`<p class="trouble">${devices.old}</p>`}
      ${
        all.length > 0 &&
        html`<div class="readings ${old && "old"}">
          ${readings(
            view,
            rows,
            all.map((one) => (old ? { ...one, stale: false } : one)),
            name,
          )}
        </div>`
      }
    </article>
  `;
};

/** All devices with their readings and faults. */
export const deviceSection = (view: View): Html => {
  const { text, source, devices } = view;
  const online = devices.filter(({ connection }) => connection.state === "online").length;
  return html`
    <section id="devices" aria-labelledby="devices-title" data-live>
      <div class="heading">
        <h2 id="devices-title" tabindex="-1">${text.devices.title}</h2>
        ${
          devices.length > 0 &&
          html`<p>
            ${text.devices.count({ online, count: devices.length })}${view.acts && source.identify && html` · <a href="#setup-title">${text.setup.title}</a>`}
          </p>`
        }
      </div>
      ${devices.length === 0 ? html`<p class="card empty">${text.devices.none}</p>` : html`<div class="cards">${devices.map((device) => card(view, device))}</div>`}
    </section>
  `;
};
