import type { DeviceId } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { Repair } from "#domain/repair.ts";
import type { UpsEvent } from "#domain/ups-event.ts";
import { rfc3339 } from "#platform/rfc3339.ts";
import type { Change } from "#store/read.ts";
import { connectionView, deviceView, readingsView } from "./device-view.ts";
import { outcomeView } from "./outcome-view.ts";
import type { RouteServices } from "./route.ts";

type News =
  | Change
  | { readonly kind: "ups"; readonly device: DeviceId; readonly event: UpsEvent }
  | { readonly kind: "repairs"; readonly list: readonly Repair[] }
  | { readonly kind: "outcome"; readonly device: DeviceId; readonly outcome: Outcome };

export interface FeedOptions {
  /** Only this device. */
  readonly device?: DeviceId;
  /** The last outcome that the reader knows: those after it are told first. By name and not by time, which may be set back. */
  readonly after?: string;
  /** Called when the reader has fallen too far behind; the feed has ended then. */
  cutOff(): void;
}

/** One reader's events, as text of an event stream (WHATWG HTML, 9.2). It waits for the reader, and only so far. */
export interface Feed {
  /** The next piece of text, a sign of life when nothing happens, or undefined at the end. */
  take(): Promise<string | undefined>;
  /** Tells what has to be repaired now, all of it. */
  repairs(list: readonly Repair[]): void;
  end(): void;
}

/** Most outcomes told later to a reader that comes back; the rest is in the audit log. */
const mostTold = 1000;
/** Stands for the last outcome while there is none. */
const noOutcome = "none";

/** `<last outcome>.<number>`: what `Last-Event-ID` brings back. */
const eventId = (outcome: string, number: number): string => `${outcome}.${number}`;
/** The outcome in an event's id; undefined for what is none of ours. */
export const outcomeIn = (id: string | undefined): string | undefined => /^([\w-]{1,100})\.\d{1,15}$/.exec(id ?? "")?.[1];

/**
 * Starts with the whole state, so that a reader that comes back needs no memory of ours to be right; then tells each change. What
 * waits is only which points changed: the values are read when the text leaves, so a reader that lags gets newer ones, not more.
 */
export const createFeed = ({ store, bus, events, clock, limits }: RouteServices, { device, after, cutOff }: FeedOptions): Feed => {
  const waiting: News[] = [];
  let wake = (): void => undefined;
  let greeted = false;
  let ended = false;
  let told = 0;

  const end = (): void => {
    ended = true;
    waiting.length = 0;
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    wake();
  };
  const tell = (news: News): void => {
    if (ended || (device !== undefined && "device" in news && news.device !== device)) return;
    if (waiting.length >= limits.waitingEvents) {
      end();
      cutOff();
      return;
    }
    waiting.push(news);
    wake();
  };
  const subscriptions = [
    store.subscribe(tell),
    bus.subscribe((outcome) => tell({ kind: "outcome", device: outcome.command.device, outcome })),
    events.subscribe((event) => tell({ kind: "ups", device: event.device, event })),
  ];

  const newest = bus.outcomes({ limit: after === undefined ? 1 : mostTold });
  const known = after === undefined ? 0 : newest.findIndex(({ id }) => id === after);
  let last = (after === undefined ? newest[0]?.id : after) ?? noOutcome;
  for (const outcome of newest.slice(0, known < 0 ? undefined : known).toReversed()) tell({ kind: "outcome", device: outcome.command.device, outcome });
  for (const { id } of store.devices()) tell({ kind: "shape", device: id });

  const dataOf = (news: News): readonly [event: string, data: unknown] | undefined => {
    if (news.kind === "outcome") return ["outcome", outcomeView(news.outcome)];
    if (news.kind === "repairs") return ["repairs", news.list];
    if (news.kind === "ups") return ["ups", { ...news.event, at: rfc3339(news.event.at) }];
    if (news.kind === "removed") return ["removed", { device: news.device }];
    const state = store.device(news.device);
    if (!state) return undefined;
    if (news.kind === "shape") return ["device", deviceView(state)];
    if (news.kind === "connection") return ["connection", { device: news.device, connection: connectionView(state.connection) }];
    const part = state.parts.get(news.part);
    return part && ["readings", { device: news.device, part: news.part, readings: readingsView(part, news.points) }];
  };
  const textOf = (news: News): string | undefined => {
    const found = dataOf(news);
    if (news.kind === "outcome") last = news.outcome.id;
    // JSON.stringify leaves no line break, so one data line is enough.
    return found && `id: ${eventId(last, ++told)}\nevent: ${found[0]}\ndata: ${JSON.stringify(found[1])}\n\n`;
  };
  /** True when something came, false when it stayed quiet. */
  const something = async (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    wake = () => resolve(true);
    using _timer = clock.after(limits.heartbeat, () => resolve(false));
    return await promise;
  };

  return {
    end,
    repairs: (list) => tell({ kind: "repairs", list }),
    take: async () => {
      if (!greeted) {
        greeted = true;
        return "retry: 3000\n\n";
      }
      while (!ended) {
        const next = waiting.shift();
        const text = next && textOf(next);
        if (text !== undefined) return text;
        if (next === undefined && !(await something())) return `: ${rfc3339(clock.now())}\n\n`;
      }
      return undefined;
    },
  };
};
