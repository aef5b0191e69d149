import { Button } from "@mantine/core";
import type { Run } from "@millrace/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ban, PenLine, Repeat } from "lucide-react";
import { api } from "../api/client.ts";
import { runQuery } from "../api/queries.ts";
import { bodyValue } from "../data/body-value.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { notifyProblem } from "../shell/notify.tsx";
import { RetryButton } from "./RetryButton.tsx";

export function RunActions({ run }: { run: Run }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const again = useMutation({
    mutationFn: () =>
      api.automations.run({
        automationId: run.automation.id,
        ...(run.trigger ? { body: bodyValue(run.trigger.body) } : {}),
      }),
    onSuccess: ({ runId }) => navigate({ to: "/runs/$runId", params: { runId }, search: {} }),
    onError: (error) => notifyProblem(error, "Not started"),
  });
  const cancel = useMutation({
    mutationFn: () => api.runs.cancel({ runId: run.id }),
    onSettled: () => queries.invalidateQueries({ queryKey: runQuery(run.id).queryKey }),
    onError: (error) => notifyProblem(error, "Not canceled"),
  });
  return (
    <>
      <LinkButton
        size="xs"
        variant="default"
        to="/automations/$automationId"
        params={{ automationId: run.automation.id }}
        leftSection={<PenLine size={14} aria-hidden />}
      >
        Edit
      </LinkButton>
      {run.canCancel && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Ban size={14} aria-hidden />}
          onClick={() => cancel.mutate()}
          loading={cancel.isPending}
        >
          Cancel run
        </Button>
      )}
      {run.finishedAt && run.trigger && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Repeat size={14} aria-hidden />}
          onClick={() => again.mutate()}
          loading={again.isPending}
          title="Starts the published version again with the same body"
        >
          Run again
        </Button>
      )}
      {run.canRetry && <RetryButton run={run} size="xs" />}
    </>
  );
}
