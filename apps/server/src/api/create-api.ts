import express, { type Router } from "express";
import { liveRoutes } from "../live/live-streams.ts";
import { createAuthenticate } from "../middleware/authenticate.ts";
import { handleErrors, refuseUnknownPaths } from "../middleware/handle-errors.ts";
import { limitConcurrency } from "../middleware/limit-concurrency.ts";
import { refuseCrossSite } from "../middleware/refuse-cross-site.ts";
import { securityHeaders } from "../middleware/security-headers.ts";
import { documentation } from "./documentation.ts";
import { createRoutes } from "./route.ts";
import { accountRoutes } from "./routes/account.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { automationRoutes } from "./routes/automations.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { keyValueRoutes } from "./routes/key-value.ts";
import { referenceRoutes } from "./routes/reference.ts";
import { runRoutes } from "./routes/runs.ts";
import { versionRoutes } from "./routes/versions.ts";
import { workspaceRoutes } from "./routes/workspace.ts";
import type { ApiServices } from "./services.ts";

/** Some ten for each session of the database that they share. */
const mostUnderWay = 150;

/** The router of `/api`. The application that mounts it sets `trust proxy`, which rate limits go by. */
export function createApi(services: ApiServices): Router {
  const router = express.Router({ caseSensitive: true });
  const authenticate = createAuthenticate(services);
  const routes = createRoutes(router, authenticate);
  router.use(securityHeaders(services));
  router.use(refuseCrossSite(services.publicUrl));
  // Open for as long as somebody looks, and under a limit of their own.
  liveRoutes(routes, services, authenticate);
  router.use(limitConcurrency(mostUnderWay));
  accountRoutes(routes, services);
  automationRoutes(routes, services);
  versionRoutes(routes, services);
  runRoutes(routes, services);
  deliveryRoutes(routes, services);
  connectionRoutes(routes, services);
  connectorRoutes(routes, services);
  keyValueRoutes(routes, services);
  apiKeyRoutes(routes, services);
  workspaceRoutes(routes, services);
  referenceRoutes(routes, services);
  router.use(documentation());
  router.use(refuseUnknownPaths);
  router.use(handleErrors(services.log));
  return express.Router().use("/api", router);
}
