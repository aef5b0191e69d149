import { Button } from "@mantine/core";
import type { Connection } from "@millrace/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";

export function DeleteConnection({ connection }: { connection: Connection }) {
  const [isAsking, setIsAsking] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const isUsed = connection.usedBy.length > 0;
  const remove = useMutation({
    mutationFn: () => api.connections.delete({ connectionId: connection.id, force: isUsed ? "true" : "false" }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["connections", "list"] });
      notifyDone(`Connection ${connection.name} deleted`);
      await navigate({ to: "/connections" });
    },
    onError: (error) => notifyProblem(error, "Not deleted"),
  });
  return (
    <>
      <Button
        variant="subtle"
        color="red.8"
        mt="md"
        ml={-14}
        leftSection={<Trash2 size={14} aria-hidden />}
        onClick={() => setIsAsking(true)}
        styles={{ root: { color: "var(--bad)" } }}
      >
        Delete connection
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title={`Delete ${connection.name}?`}
        confirm="Delete connection"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setIsAsking(false)}
      >
        {isUsed
          ? `${connection.usedBy.map(({ name }) => name).join(", ")} will fail at the steps that use it. `
          : "No automation uses it. "}
        The credential is forgotten; this can't be undone.
      </ConfirmDialog>
    </>
  );
}
