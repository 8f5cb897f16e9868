import { html, type Question, type Reply } from "./door.ts";
import { sortedJson } from "./json-text.ts";
import { metricText } from "./metric.ts";
import type { Shown } from "./view.ts";

const json = (status: number, body: string): Reply => ({ status, type: "application/json", body });
const verdict = (status: number, code: "SUCCESS" | "ERROR", message: string): Reply =>
  json(
    status,
    sortedJson([
      ["code", code],
      ["message", message],
    ]),
  );

const well = verdict(200, "SUCCESS", "OK");
const noStatus = verdict(503, "ERROR", "Unavailable: pwrstatd failure");
const noBroker = verdict(503, "ERROR", "MQTT Disconnected!");
const noKey: Reply = { ...verdict(401, "ERROR", "API key needed, in the header X-API-Key"), headers: { "www-authenticate": 'Bearer realm="pwrstat"' } };

/** The pages of the web framework that the forerunner ran on (Werkzeug). */
const page = (status: number, title: string, text: string): Reply => ({
  status,
  type: html,
  body: `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`,
});
const nothing = page(
  404,
  "Not Found",
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
);
const allow = { allow: "GET, HEAD, OPTIONS" } as const;
const notSo: Reply = { ...page(405, "Method Not Allowed", "The method is not allowed for the requested URL."), headers: allow };
const methods: Reply = { status: 200, type: html, body: "", headers: allow };

/** What a request comes to, where it is a question: `paths` gives the answers to GET. */
const byMethod = (method: string, get: () => Reply): Reply => {
  if (method === "OPTIONS") return methods;
  return method === "GET" || method === "HEAD" ? get() : notSo;
};

/** The forerunner's three paths. Whether all is well, anybody may ask, as those who ask it are watchdogs without a key. */
export const createAnswer =
  (view: () => Shown | undefined, isConnected: () => boolean) =>
  ({ method, path, known }: Question): Reply => {
    const paths: Readonly<Record<string, () => Reply>> = {
      "/health": () => well,
      "/mqtthealth": () => (isConnected() ? well : noBroker),
      "/pwrstat": () => {
        if (!known) return noKey;
        const shown = view();
        return shown ? json(200, shown.answer) : noStatus;
      },
    };
    const get = Object.hasOwn(paths, path) ? paths[path] : undefined;
    return get ? byMethod(method, get) : nothing;
  };

/** Metrics, whatever the path: so the forerunner's port answered. */
export const createMetricAnswer =
  (view: () => Shown | undefined, labels: Readonly<Record<string, string>>) =>
  ({ method, path, known }: Question): Reply => {
    if (path === "/favicon.ico") return { status: 200, type: html, body: "" };
    return byMethod(method, () =>
      known ? { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: metricText(view()?.fields, labels) } : noKey,
    );
  };
