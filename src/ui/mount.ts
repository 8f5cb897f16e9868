import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { App, Caller, PageMount, PageSource } from "#publish/rest/page-source.ts";
import { acceptLabel, add, addEnergy, identify, reload, removeOrphans, setLevel, type Asked, type Done } from "./act.ts";
import { parseForm, type Form } from "./form.ts";
import { renderFailure, renderPage, type Notice } from "./page.ts";
import { chooseLanguage, pageText, type PageText } from "./text.ts";
import type { View } from "./view.ts";

/** Own files only, nothing inline; shown by Home Assistant, which is the same origin, in a frame. */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
].join("; ");
const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": policy,
  "x-frame-options": "SAMEORIGIN",
  vary: "accept-language",
} as const;

const files = {
  "color.css": "text/css; charset=utf-8",
  "card.css": "text/css; charset=utf-8",
  "form.css": "text/css; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.svg": "image/svg+xml",
} as const;

/** Lists of what was chosen may be long. */
const largestForm = 1_048_576;

type Query = Readonly<Record<string, string>>;
interface Request {
  readonly caller: Caller | undefined;
  readonly headers: { readonly "accept-language"?: string | undefined };
}

const textFor = ({ headers: { "accept-language": wanted } }: Request): PageText => pageText(chooseLanguage(wanted));

/** `ask`: Home Assistant is asked what could be done there, which takes a moment. */
const viewOf = async (source: PageSource, request: Request, ask = false): Promise<View> => {
  const { caller } = request;
  const text = textFor(request);
  const acts = source.may(caller, "admin");
  const toAgree = acts ? await source.toAgree(ask) : { energy: [], orphans: [] };
  return { text, words: source.words(text.language), source, caller, devices: source.devices(), acts, toAgree };
};

/** What the address says was just done. Nobody can put sentences of his own there. */
const noticeIn = ({ done: { ...done } }: PageText, { done: name = "", what = "" }: Query): Notice | undefined => {
  if (!Object.hasOwn(done, name)) return undefined;
  const sentence = done[name as keyof typeof done];
  const known = /^[A-Za-z0-9/._-]{0,170}$/.test(what) ? what : "";
  return { sentence: typeof sentence === "string" ? sentence : sentence({ what: known }), wrong: false };
};

/** Style, script and icon. Open to all, so that whoever is turned away reads why in good form. */
const addFiles = (app: App): void => {
  for (const [name, type] of Object.entries(files)) {
    const body = readFileSync(join(import.meta.dirname, name));
    app.get(`/${name}`, { config: { access: "open" }, schema: { hide: true } }, async (_, reply) =>
      reply.header("cache-control", "private, no-cache").type(type).send(body),
    );
  }
};

/** What is wrong is shown at once; what is done leads back to the page, so that reloading it does nothing twice. */
const addForms = (app: App, source: PageSource): void => {
  const back = (path: string): void =>
    void app.get(path, { config: { access: "read" }, schema: { hide: true } }, async (_, reply) => reply.code(303).header("location", "./").send());
  const form = (path: string, access: "control" | "admin", done: keyof PageText["done"], act: (asked: Asked) => Promise<Done>): void => {
    app.post(path, { config: { access }, schema: { hide: true }, bodyLimit: largestForm }, async (request, reply) => {
      const { body, caller } = request;
      const result = await act({ text: textFor(request), source, form: body as Form, caller });
      if ("wrong" in result)
        return reply
          .code(422)
          .headers(headers)
          .send(renderPage(await viewOf(source, request), { notice: result }));
      return reply
        .code(303)
        .header("location", `./?done=${done}&what=${encodeURIComponent(result.what)}`)
        .send();
    });
    back(path);
  };
  form("/devices", "admin", "added", add);
  form("/labels", "control", "label", acceptLabel);
  form("/reload", "admin", "reload", reload);
  form("/log-level", "admin", "level", setLevel);
  form("/energy", "admin", "energy", addEnergy);
  form("/orphans", "admin", "orphans", removeOrphans);
  app.post("/identify", { config: { access: "admin" }, schema: { hide: true } }, async (request, reply) => {
    const result = await identify({ text: textFor(request), source, form: request.body as Form, caller: request.caller });
    return reply.headers(headers).send(renderPage(await viewOf(source, request), { result }));
  });
  back("/identify");
};

/** The page for people, at the root of the server. */
export const mountPage: PageMount = (app, source) => {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, async (_request: unknown, body: string) => parseForm(body));
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.setErrorHandler((error, request, reply) => {
    const { status, sentence, headers: more } = source.failure(error, request);
    const text = textFor(request);
    void reply
      .code(status)
      .headers({ ...more, ...headers })
      .send(renderFailure(text, source.version, status === 401 ? text.failed.outside : sentence));
  });
  addFiles(app);
  app.get("/", { config: { access: "read" }, schema: { hide: true } }, async (request, reply) => {
    const query = request.query as Query;
    // The page that goes on by itself asks every few seconds: Home Assistant is left alone then.
    const view = await viewOf(source, request, query["live"] === undefined);
    return reply.headers(headers).send(renderPage(view, { notice: noticeIn(view.text, query) }));
  });
  addForms(app, source);
};
