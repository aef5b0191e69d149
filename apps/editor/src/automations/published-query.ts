import type { Automation } from "@millrace/contract";
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api/client.ts";

/** The version that is live, with its definition. Versions never change. */
export const publishedQuery = ({ id, published }: Automation) =>
  queryOptions({
    queryKey: ["automations", id, "versions", published?.number],
    queryFn: ({ signal }) => api.versions.get({ automationId: id, number: published?.number ?? 0 }, { signal }),
    enabled: published !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
