import type { RequestListener } from "node:http";
import express, { type Router } from "express";
import { admit, type Ingress, nodeExchange } from "./ingress/exchange.ts";
import { isHook } from "./ingress/ingress.ts";

export type AppParts = {
  /** Answers `/hooks/…`, ahead of Express; absent where this process is no ingress. */
  ingress: Ingress | undefined;
  /** Health and metrics first: they must answer whatever else is wrong. */
  operations: readonly Router[];
  /** API and editor; absent where this process serves none. */
  pages: readonly Router[];
  trustedProxies: number;
};

export function createApp({ ingress, operations, pages, trustedProxies }: AppParts): RequestListener {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustedProxies);
  for (const router of [...operations, ...pages]) app.use(router);
  app.use((_request, response) => {
    response.status(404).json({ type: "about:blank", status: 404, title: "There is nothing at this path." });
  });
  return (request, response) =>
    ingress && isHook(request.url) ? admit(ingress, nodeExchange(request, response)) : app(request, response);
}

export type StartingApp = {
  handle: RequestListener;
  /** From now on webhooks are taken, while everything else is still told to wait. */
  takeHooks(ingress: Ingress): void;
  become(app: RequestListener): void;
};

/** What answers until the app is there: the port is taken first, so that a taken one is noticed at once. */
export function startingApp(): StartingApp {
  let hooks: Ingress | undefined;
  let current: RequestListener = (request, response) => {
    if (hooks && isHook(request.url)) return admit(hooks, nodeExchange(request, response));
    const isLive = request.url === "/livez";
    response.writeHead(isLive ? 200 : 503, { "content-type": "text/plain", ...(isLive ? {} : { "retry-after": "2" }) });
    response.end(isLive ? "ok\n" : "Millrace is starting.\n");
  };
  return {
    handle: (request, response) => current(request, response),
    takeHooks(ingress) {
      hooks = ingress;
    },
    become(app) {
      current = app;
    },
  };
}
