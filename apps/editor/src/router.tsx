import { ApiError, deliveryVerdicts } from "@millrace/contract";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { meQuery, setupQuery } from "./api/queries.ts";
import { runStatusNames } from "./runs/run-status-names.ts";
import { oneOf, type Params, text } from "./search-params.ts";
import { AppFrame } from "./shell/AppFrame.tsx";
import { NotFound } from "./shell/NotFound.tsx";
import { PageError } from "./shell/PageError.tsx";
import { PageSkeleton } from "./shell/PageSkeleton.tsx";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: () => (
    <main>
      <NotFound />
    </main>
  ),
  errorComponent: ({ error }) => <PageError error={error} />,
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search): Params<"token"> => ({ token: text(search.token) }),
  component: lazyRouteComponent(() => import("./settings/SetupPage.tsx"), "SetupPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): Params<"return"> => ({ return: text(search.return) }),
  component: lazyRouteComponent(() => import("./settings/LoginPage.tsx"), "LoginPage"),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: AppFrame,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const { pending } = await context.queries.fetchQuery(setupQuery);
      if (pending) throw redirect({ to: "/setup", search: {} });
      throw redirect({ to: "/login", search: location.href === "/" ? {} : { return: location.href } });
    }
  },
});

const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/automations" });
  },
});

const automations = createRoute({
  getParentRoute: () => app,
  path: "/automations",
  validateSearch: (search): Params<"search"> => ({ search: text(search.search) }),
  component: lazyRouteComponent(() => import("./automations/AutomationsPage.tsx"), "AutomationsPage"),
});

const newAutomation = createRoute({
  getParentRoute: () => app,
  path: "/automations/new",
  component: lazyRouteComponent(() => import("./automations/NewAutomationPage.tsx"), "NewAutomationPage"),
});

const automation = createRoute({
  getParentRoute: () => app,
  path: "/automations/$automationId",
  validateSearch: (search): Params<"step"> & { pane?: "settings" | undefined } => ({
    step: text(search.step),
    pane: oneOf(["settings"], search.pane),
  }),
  component: lazyRouteComponent(() => import("./automations/EditorPage.tsx"), "EditorPage"),
});

type RunSearch = { status?: (typeof runStatusNames)[number] | undefined };
const runSearch = (search: Record<string, unknown>): RunSearch => ({ status: oneOf(runStatusNames, search.status) });

const automationRuns = createRoute({
  getParentRoute: () => app,
  path: "/automations/$automationId/runs",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("./runs/AutomationRunsPage.tsx"), "AutomationRunsPage"),
});

const runs = createRoute({
  getParentRoute: () => app,
  path: "/runs",
  validateSearch: (search): RunSearch & Params<"automation"> => ({
    ...runSearch(search),
    automation: text(search.automation),
  }),
  component: lazyRouteComponent(() => import("./runs/RunsPage.tsx"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => app,
  path: "/runs/$runId",
  validateSearch: (search): Params<"step"> => ({ step: text(search.step) }),
  component: lazyRouteComponent(() => import("./runs/RunPage.tsx"), "RunPage"),
});

const deliveries = createRoute({
  getParentRoute: () => app,
  path: "/deliveries",
  validateSearch: (
    search,
  ): Params<"automation" | "delivery"> & { verdict?: (typeof deliveryVerdicts)[number] | undefined } => ({
    verdict: oneOf(deliveryVerdicts, search.verdict),
    automation: text(search.automation),
    delivery: text(search.delivery),
  }),
  component: lazyRouteComponent(() => import("./deliveries/DeliveriesPage.tsx"), "DeliveriesPage"),
});

const connections = createRoute({
  getParentRoute: () => app,
  path: "/connections",
  component: lazyRouteComponent(() => import("./connections/ConnectionsPage.tsx"), "ConnectionsPage"),
});

const newConnection = createRoute({
  getParentRoute: () => app,
  path: "/connections/new/$connector",
  validateSearch: (search): Params<"name" | "automation" | "return"> => ({
    name: text(search.name),
    automation: text(search.automation),
    return: text(search.return),
  }),
  component: lazyRouteComponent(() => import("./connections/NewConnectionPage.tsx"), "NewConnectionPage"),
});

const connection = createRoute({
  getParentRoute: () => app,
  path: "/connections/$connectionId",
  validateSearch: (search): Params<"return"> => ({ return: text(search.return) }),
  component: lazyRouteComponent(() => import("./connections/ConnectionPage.tsx"), "ConnectionPage"),
});

const keyvalue = createRoute({
  getParentRoute: () => app,
  path: "/keyvalue",
  validateSearch: (search): Params<"prefix" | "key"> => ({ prefix: text(search.prefix), key: text(search.key) }),
  component: lazyRouteComponent(() => import("./keyvalue/KeyValuePage.tsx"), "KeyValuePage"),
});

const connectors = createRoute({
  getParentRoute: () => app,
  path: "/connectors",
  component: lazyRouteComponent(() => import("./connectors/ConnectorsPage.tsx"), "ConnectorsPage"),
});

const connector = createRoute({
  getParentRoute: () => app,
  path: "/connectors/$connectorId",
  component: lazyRouteComponent(() => import("./connectors/ConnectorPage.tsx"), "ConnectorPage"),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/SettingsPage.tsx"), "SettingsPage"),
});

/** Keeps the navigation around an address that leads nowhere. */
const elsewhere = createRoute({ getParentRoute: () => app, path: "$", component: () => <NotFound /> });

const tree = root.addChildren([
  setup,
  login,
  app.addChildren([
    home,
    automations,
    newAutomation,
    automation,
    automationRuns,
    runs,
    run,
    deliveries,
    connections,
    newConnection,
    connection,
    keyvalue,
    connectors,
    connector,
    settings,
    elsewhere,
  ]),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PageSkeleton,
    defaultErrorComponent: ({ error }) => <PageError error={error} />,
    defaultNotFoundComponent: () => <NotFound />,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
