import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

import { proxyIngress, type IngressUser } from "./supervisor-ingress.ts";
import { proxyCore, type CoreBehind } from "./supervisor-core.ts";

/** What the add-on of the broker has registered (services/const.py of the Supervisor). */
export interface DoubledBroker {
  readonly host: string;
  readonly port: number;
  readonly ssl?: boolean;
  readonly username?: string;
  readonly password?: string;
}

export interface DoubledMessage {
  readonly uuid: string;
  readonly service: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** An answer in place of every good one: a status with a body, none at all, or a connection that ends. */
export type Failure = { readonly status: number; readonly body?: string } | "silent" | "gone";

export interface SupervisorDouble extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly slug: string;
  /** What the add-on is told that it is called in the network of the add-ons. */
  hostname: string;
  /** For the program: the Supervisor, a data folder with `options.json`, an API on a port of the system's choice. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program's /data. */
  readonly data: string;
  broker: DoubledBroker | undefined;
  /** As `/addons/self/options/config` gives them; `writeOptions` also puts them where a start finds them. */
  options: Readonly<Record<string, unknown>>;
  writeOptions(options: Readonly<Record<string, unknown>> | string): Promise<void>;
  core: CoreBehind | undefined;
  /** Where the program listens; needed for ingress. */
  addonPort: number;
  failure: Failure | undefined;
  /** Only for paths that begin with this; all without it. */
  failingPath: string;
  readonly messages: readonly DoubledMessage[];
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** How this user's browser opens the page: address, and the cookie that Home Assistant gives it. */
  openIngress(user: IngressUser | undefined): { readonly url: string; readonly cookie: string };
}

const root = fileURLToPath(new URL("../../", import.meta.url));
interface AddonConfig {
  readonly services?: readonly string[];
  readonly discovery?: readonly string[];
  readonly homeassistant_api?: boolean;
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
const ok = (response: ServerResponse, data: unknown = {}): void => json(response, 200, { result: "ok", data });
/** api/utils.py: whatever goes wrong in a call. */
const error = (response: ServerResponse, message: string, status = 400): void => json(response, status, { result: "error", message });
/** What aiohttp itself says to a refused request. */
const plain = (response: ServerResponse, status: 400 | 401 | 403 | 404 | 502, reason: string): void =>
  void response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${status}: ${reason}`);

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as unknown);
};

/** Paths that an add-on may use without asking for rights (api/middleware/security.py). */
const open = /^(\/addons\/self\/(?!security|update)[^/]+|\/addons\/self\/options\/config|\/info|\/services.*|\/discovery.*)$/;
/** Requests that look like an attack, in path or query; the double knows the ones that are easily written by accident. */
const suspicious = /\.\.\/|<.*script.*>|union.*select|concat.*\(|[a-z0-9_]=\/([a-z0-9_.]\/)+/i;

type Call = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void> | void;

/** The calls that the program makes, each as the Supervisor's code answers it. */
const calls = (config: AddonConfig, double: SupervisorDouble, messages: DoubledMessage[]): Readonly<Record<string, Call>> => ({
  "GET /addons/self/info": (_, response) =>
    ok(response, {
      name: "Rack Power",
      slug: double.slug,
      hostname: double.hostname,
      ip_address: "127.0.0.1",
      state: "started",
      options: double.options,
      rating: 8,
    }),
  "GET /addons/self/options/config": (_, response) => ok(response, double.options),
  "POST /addons/self/options": async (request, response) => {
    const { options } = (await bodyOf(request)) as { readonly options?: Readonly<Record<string, unknown>> };
    if (options) double.options = options;
    ok(response);
  },
  "GET /info": (_, response) => ok(response, { supervisor: "2026.08.2", homeassistant: "2026.8.3", arch: "amd64", channel: "stable" }),
  "GET /services/mqtt": (_, response) => {
    if (!config.services?.some((service) => service.startsWith("mqtt:"))) return error(response, "No access to mqtt service!", 403);
    if (!double.broker) return error(response, "Service not enabled");
    return ok(response, { addon: "core_mosquitto", ssl: false, protocol: "3.1.1", ...double.broker });
  },
  "POST /discovery": async (request, response) => {
    const { service, config: content } = (await bodyOf(request)) as Partial<DoubledMessage>;
    if (typeof service !== "string" || typeof content !== "object" || content === null) return error(response, "required key not provided @ data['service']");
    if (!config.discovery?.includes(service)) return error(response, "Add-ons must list services they provide via discovery in their config!", 403);
    const at = messages.findIndex((message) => message.service === service);
    const known = messages[at];
    const message = { uuid: known?.uuid ?? crypto.randomUUID().replaceAll("-", ""), service, config: content };
    if (known) messages[at] = message;
    else messages.push(message);
    return ok(response, { uuid: message.uuid });
  },
});

/** Answers until it is disposed. `config.yaml` of the repository says what is declared, and so what is refused. */
export const startSupervisorDouble = async (): Promise<SupervisorDouble> => {
  const config = parse(readFileSync(join(root, "config.yaml"), "utf8")) as AddonConfig;
  const data = await mkdtemp(join(tmpdir(), "rack-power-addon-"));
  const messages: DoubledMessage[] = [];
  const requests: { method: string; path: string; status: number }[] = [];
  const sessions = new Map<string, IngressUser | undefined>();
  const ingressToken = crypto.randomUUID().replaceAll("-", "");
  const sockets = new Set<Socket>();
  const token = crypto.randomUUID().replaceAll("-", "").repeat(2);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = request;
    const path = url.split("?", 1)[0] ?? "/";
    response.once("finish", () => requests.push({ method, path, status: response.statusCode }));
    const { failure } = double;
    if (failure !== undefined && path.startsWith(double.failingPath)) {
      if (failure === "gone") return void request.socket.destroy();
      return failure === "silent"
        ? undefined
        : void response.writeHead(failure.status, { location: "/elsewhere" }).end(failure.body ?? `${failure.status}: Failed`);
    }
    if (suspicious.test(decodeURIComponent(url))) return plain(response, 400, "Bad Request");
    if (path.startsWith(`/api/hassio_ingress/${ingressToken}/`))
      return proxyIngress(request, response, { port: double.addonPort, token: ingressToken, sessions });
    const shown = headers.authorization?.split(" ").at(-1);
    if (path.startsWith("/core/api/"))
      return proxyCore.request(request, response, { allowed: shown === token && config.homeassistant_api === true, core: double.core });
    if (shown === undefined) return plain(response, 401, "Unauthorized");
    if (shown !== token || !open.test(path)) return plain(response, 403, "Forbidden");
    const call = api[`${method} ${path}`];
    return call ? call(request, response, path) : plain(response, 404, "Not Found");
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((failed: unknown) => response.writeHead(500).end(String(failed)));
  });
  server.on("connection", (socket) => sockets.add(socket.once("close", () => sockets.delete(socket))));
  server.on("upgrade", (request, socket, head) => {
    const allowed = (shown: unknown): boolean => shown === token && config.homeassistant_api === true;
    void proxyCore.upgrade(request, socket as Socket, head, { allowed, core: double.core, gone: double.failure !== undefined });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const double: SupervisorDouble = {
    url,
    token,
    slug: "a0b1c2d3_rack_power",
    hostname: "a0b1c2d3-rack-power",
    data,
    environment: {
      SUPERVISOR_TOKEN: token,
      SUPERVISOR_URL: url,
      RACK_POWER_ADDON_DATA: data,
      RACK_POWER_ADDON_LISTEN: "127.0.0.1:0",
      RACK_POWER_INGRESS_PEER: "127.0.0.2",
    },
    broker: undefined,
    options: { log_level: "info", api_keys: [] },
    writeOptions: async (options) => {
      if (typeof options !== "string") double.options = options;
      await writeFile(join(data, "options.json"), typeof options === "string" ? options : JSON.stringify(options), { mode: 0o600 });
    },
    core: undefined,
    addonPort: 0,
    failure: undefined,
    failingPath: "/",
    messages,
    requests,
    openIngress: (user) => {
      const session = crypto.randomUUID().replaceAll("-", "").repeat(2);
      sessions.set(session, user);
      return { url: `${url}/api/hassio_ingress/${ingressToken}/`, cookie: `ingress_session=${session}` };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
      await rm(data, { recursive: true, force: true });
    },
  };
  const api = calls(config, double, messages);
  await double.writeOptions(double.options);
  return double;
};
