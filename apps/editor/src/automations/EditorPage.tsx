import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { automationQuery, catalogQuery } from "../api/queries.ts";
import { PageError } from "../shell/PageError.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";
import { Editor } from "./Editor.tsx";

const route = getRouteApi("/app/automations/$automationId");

export function EditorPage() {
  const { automationId } = route.useParams();
  const { step, pane } = route.useSearch();
  const automation = useQuery(automationQuery(automationId));
  const catalog = useQuery(catalogQuery);
  const error = automation.error ?? catalog.error;
  if (error && !(automation.data && catalog.data)) {
    return (
      <PageError
        error={error}
        what="automation"
        onRetry={() => void Promise.all([automation.refetch(), catalog.refetch()])}
      />
    );
  }
  if (!automation.data || !catalog.data) return <PageSkeleton />;
  return (
    <Editor
      key={automationId}
      loaded={automation.data}
      catalog={catalog.data.items}
      opensStep={step !== undefined || pane !== undefined}
    />
  );
}
