import { readFileSync } from "node:fs";
import { join } from "node:path";
import { devicePattern } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { App, Caller, PageMount, PageSource } from "#publish/rest/page-source.ts";
import { entryIn, parseForm, questionIn, typedIn, type Form } from "./form.ts";
import { renderFailure, renderPage, type Notice } from "./page.ts";
import type { Result } from "./setup-section.ts";
import { english } from "./text.ts";
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
const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy, "x-frame-options": "SAMEORIGIN" } as const;

const text = english;
const files = {
  "color.css": "text/css; charset=utf-8",
  "card.css": "text/css; charset=utf-8",
  "form.css": "text/css; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.svg": "image/svg+xml",
} as const;

const viewOf = (source: PageSource, caller: Caller | undefined): View => ({
  text,
  source,
  caller,
  devices: source.devices(),
  acts: source.may(caller, "admin"),
});

/** What the address says was just done. Nobody can put sentences of his own there. */
const noticeIn = ({ done = "", what = "" }: Readonly<Record<string, string>>): Notice | undefined => {
  if (!Object.hasOwn(text.done, done)) return undefined;
  const known = /^[A-Za-z0-9/._-]{0,170}$/.test(what) ? what : "";
  return { sentence: text.done[done as keyof typeof text.done](known), wrong: false };
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

const identify = async (source: PageSource, form: Form): Promise<Result> => {
  const typed = typedIn(form);
  const question = questionIn(form);
  if ("wrongLine" in question) return { typed, wrong: text.setup.optionWrong(question.wrongLine) };
  if (question.host === "") return { typed, wrong: text.setup.hostMissing };
  return { typed, found: (await source.identify?.(question)) ?? [] };
};

const add = async (source: PageSource, form: Form): Promise<Notice | undefined> => {
  const entry = entryIn(form);
  const id = form["id"] ?? "";
  if (!entry) return { sentence: text.failed.entry, wrong: true };
  if (!devicePattern.test(id)) return { sentence: text.setup.idHint, wrong: true };
  const added = await source.addDevice?.(id, entry);
  return added?.ok === false ? { sentence: added.detail, wrong: true, problems: added.problems } : undefined;
};

const acceptLabel = async (source: PageSource, { device = "", part = "", label = "" }: Form, caller: Caller | undefined): Promise<Notice | undefined> => {
  try {
    await source.acceptLabel(device, part, label, caller);
    return undefined;
  } catch (error) {
    if (isFault(error)) return { sentence: error.message, wrong: true };
    throw error;
  }
};

const reload = async (source: PageSource): Promise<Notice | undefined> => {
  const result = await source.reload?.();
  return result?.accepted === false ? { sentence: text.failed.reload, wrong: true, problems: result.problems } : undefined;
};

const setLevel = async (source: PageSource, { level = "" }: Form): Promise<Notice | undefined> =>
  source.setLogLevel?.(level) === false ? { sentence: text.failed.level, wrong: true } : undefined;

/** What is wrong is shown at once; what is done leads back to the page, so that reloading it does nothing twice. */
const addForms = (app: App, source: PageSource): void => {
  const form = (
    path: string,
    access: "control" | "admin",
    done: keyof typeof text.done,
    act: (form: Form, caller: Caller | undefined) => Promise<Notice | undefined>,
  ): void => {
    app.post(path, { config: { access }, schema: { hide: true } }, async ({ body, caller }, reply) => {
      const fields = body as Form;
      const notice = await act(fields, caller);
      if (notice)
        return reply
          .code(422)
          .headers(headers)
          .send(renderPage(viewOf(source, caller), { notice }));
      const what = fields["id"] ?? [fields["device"], fields["part"]].filter((one) => one !== undefined).join("/");
      return reply
        .code(303)
        .header("location", `./?done=${done}&what=${encodeURIComponent(what)}`)
        .send();
    });
  };
  form("/devices", "admin", "added", (fields) => add(source, fields));
  form("/labels", "control", "label", (fields, caller) => acceptLabel(source, fields, caller));
  form("/reload", "admin", "reload", () => reload(source));
  form("/log-level", "admin", "level", (fields) => setLevel(source, fields));
  app.post("/identify", { config: { access: "admin" }, schema: { hide: true } }, async ({ body, caller }, reply) => {
    const result = await identify(source, body as Form);
    return reply.headers(headers).send(renderPage(viewOf(source, caller), { result }));
  });
  for (const path of ["/devices", "/labels", "/reload", "/log-level", "/identify"])
    app.get(path, { config: { access: "read" }, schema: { hide: true } }, async (_, reply) => reply.code(303).header("location", "./").send());
};

/** The page for people, at the root of the server. */
export const mountPage: PageMount = (app, source) => {
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, async (_request: unknown, body: string) => parseForm(body));
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.setErrorHandler((error, request, reply) => {
    const { status, sentence, headers: more } = source.failure(error, request);
    void reply
      .code(status)
      .headers({ ...more, ...headers })
      .send(renderFailure(text, source.version, status === 401 ? text.failed.outside : sentence));
  });
  addFiles(app);
  app.get("/", { config: { access: "read" }, schema: { hide: true } }, async ({ query, caller }, reply) =>
    reply.headers(headers).send(renderPage(viewOf(source, caller), { notice: noticeIn(query as Readonly<Record<string, string>>) })),
  );
  addForms(app, source);
};
