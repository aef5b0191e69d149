import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { automationQuery } from "../api/queries.ts";
import { PageError } from "../shell/PageError.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";

const route = getRouteApi("/app/automations/$automationId");

export function EditorPage() {
  const { automationId } = route.useParams();
  const { data, error, refetch } = useQuery(automationQuery(automationId));
  if (error && !data) return <PageError error={error} what="automation" onRetry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  return <div>{data.name}</div>;
}
