import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "playwright-core";
import { homeHost } from "./chromium.ts";
import { proxyIngress, type IngressUser } from "#test/homeassistant/supervisor-ingress.ts";

export interface IngressProxy extends AsyncDisposable {
  /** Where a browser finds the page: below a path that only Home Assistant knows. */
  readonly url: string;
  /** What Home Assistant shows at its root, of the same origin. */
  parent: string;
  /** The cookie of a session of this user. */
  cookie(user: IngressUser): string;
  /** Gives a browser the session of this user. */
  enter(browser: BrowserContext, user: IngressUser): Promise<void>;
}

const token = "Zm9vYmFy";

/** Ingress in front of a program at this port, without the rest of Home Assistant. */
export const startIngress = async (port: number): Promise<IngressProxy> => {
  const sessions = new Map<string, IngressUser>();
  const state = { parent: "" };
  const server = createServer((request, response) => {
    if (request.url?.startsWith(`/api/hassio_ingress/${token}/`)) void proxyIngress(request, response, { port, token, sessions });
    else response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html" }).end(request.url === "/" ? state.parent : "");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://${homeHost}:${(server.address() as AddressInfo).port}`;
  const sessionOf = (user: IngressUser): string => {
    const session = crypto.randomUUID();
    sessions.set(session, user);
    return session;
  };
  return Object.assign(state, {
    url: `${origin}/api/hassio_ingress/${token}/`,
    cookie: (user: IngressUser) => `ingress_session=${sessionOf(user)}`,
    enter: (browser: BrowserContext, user: IngressUser) => browser.addCookies([{ name: "ingress_session", value: sessionOf(user), url: origin }]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
};
