import { Button } from "@mantine/core";
import type { Run } from "@millrace/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { api } from "../api/client.ts";
import { notifyProblem } from "../shell/notify.tsx";

export function RetryButton({ run, size = "sm" }: { run: Run; size?: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const retry = useMutation({
    mutationFn: () => api.runs.retry({ runId: run.id }),
    onSuccess: async ({ runId }) => {
      await queries.invalidateQueries({ queryKey: ["runs"] });
      await navigate({ to: "/runs/$runId", params: { runId }, search: {} });
    },
    onError: (error) => notifyProblem(error, "Not retried"),
  });
  return (
    <Button
      size={size}
      leftSection={<RotateCcw size={14} aria-hidden />}
      onClick={() => retry.mutate()}
      loading={retry.isPending}
    >
      Retry from failed step
    </Button>
  );
}
