import type { DeliverySummary, Run, RunSummary } from "@millrace/contract";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

const unfinished: readonly Run["status"][] = ["queued", "running", "waiting"];
export const isUnfinished = (status: Run["status"]) => unfinished.includes(status);

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.account.me({}, { signal }),
  staleTime: 60_000,
});

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => api.account.setupStatus({}, { signal }),
  staleTime: 0,
});

export const automationsQuery = infiniteQueryOptions({
  queryKey: ["automations", "list"],
  queryFn: ({ signal, pageParam }) => api.automations.list({ limit: 100, ...cursor(pageParam) }, { signal }),
  initialPageParam: "",
  getNextPageParam: ({ nextCursor }) => nextCursor,
});

export const automationQuery = (automationId: string) =>
  queryOptions({
    queryKey: ["automations", automationId],
    queryFn: ({ signal }) => api.automations.get({ automationId }, { signal }),
  });

export const samplesQuery = (automationId: string) =>
  queryOptions({
    queryKey: ["automations", automationId, "samples"],
    queryFn: ({ signal }) => api.automations.samples({ automationId }, { signal }),
    staleTime: 15_000,
  });

export const versionsQuery = (automationId: string) =>
  queryOptions({
    queryKey: ["automations", automationId, "versions"],
    queryFn: ({ signal }) => api.versions.list({ automationId }, { signal }),
  });

export type RunFilter = { automationId?: string | undefined; status?: RunSummary["status"] | undefined };

export const runsQuery = ({ automationId, status }: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", "list", { automationId, status }],
    queryFn: ({ signal, pageParam }) =>
      api.runs.list(
        { ...(automationId ? { automationId } : {}), ...(status ? { status } : {}), ...cursor(pageParam) },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["runs", runId],
    queryFn: ({ signal }) => api.runs.get({ runId }, { signal }),
    staleTime: 1_000,
    // Live events tell of changes at once; this is for when they can't get through.
    refetchInterval: ({ state }) => (state.data && isUnfinished(state.data.status) ? 2_000 : false),
  });

export type DeliveryFilter = {
  automationId?: string | undefined;
  verdict?: DeliverySummary["verdict"] | undefined;
};

export const deliveriesQuery = ({ automationId, verdict }: DeliveryFilter) =>
  infiniteQueryOptions({
    queryKey: ["deliveries", "list", { automationId, verdict }],
    queryFn: ({ signal, pageParam }) =>
      api.deliveries.list(
        { ...(automationId ? { automationId } : {}), ...(verdict ? { verdict } : {}), ...cursor(pageParam) },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const deliveryQuery = (deliveryId: string) =>
  queryOptions({
    queryKey: ["deliveries", deliveryId],
    queryFn: ({ signal }) => api.deliveries.get({ deliveryId }, { signal }),
    staleTime: 60_000,
    refetchInterval: ({ state }) => (state.data?.replays.some(({ status }) => isUnfinished(status)) ? 2_000 : false),
  });

export const connectionsQuery = queryOptions({
  queryKey: ["connections", "list"],
  queryFn: ({ signal }) => api.connections.list({ limit: 100 }, { signal }),
});

export const connectionQuery = (connectionId: string) =>
  queryOptions({
    queryKey: ["connections", connectionId],
    queryFn: ({ signal }) => api.connections.get({ connectionId }, { signal }),
  });

export const catalogQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => api.connectors.list({}, { signal }),
  staleTime: 300_000,
});

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => api.reference.templates({}, { signal }),
  staleTime: 300_000,
});

export const entriesQuery = (prefix: string) =>
  infiniteQueryOptions({
    queryKey: ["keyvalue", "list", { prefix }],
    queryFn: ({ signal, pageParam }) =>
      api.keyvalue.list({ ...(prefix ? { prefix } : {}), ...cursor(pageParam) }, { signal }),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => api.apiKeys.list({}, { signal }),
});

const cursor = (page: string) => (page === "" ? {} : { cursor: page });
