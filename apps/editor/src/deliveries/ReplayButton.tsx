import { Button, Stack } from "@mantine/core";
import type { Delivery } from "@millrace/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Repeat } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { deliveryQuery } from "../api/queries.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";

export function ReplayButton({ delivery }: { delivery: Delivery }) {
  const [isAsking, setAsking] = useState(false);
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => api.deliveries.replay({ deliveryId: delivery.id }),
    onSuccess: async () => {
      notifyDone("Replay started");
      await Promise.all([
        queries.invalidateQueries({ queryKey: deliveryQuery(delivery.id).queryKey }),
        queries.invalidateQueries({ queryKey: ["runs"] }),
      ]);
    },
    onError: (error) => notifyProblem(error, "Not replayed"),
    onSettled: () => setAsking(false),
  });
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Repeat size={14} aria-hidden />}
        onClick={() => setAsking(true)}
        loading={replay.isPending}
      >
        Replay
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title="Replay this request?"
        confirm="Replay"
        color="race"
        isBusy={replay.isPending}
        onConfirm={() => replay.mutate()}
        onClose={() => setAsking(false)}
      >
        <Stack gap="xs">
          <div>
            The published version of <strong>{delivery.automation.name}</strong> runs on this request, as it came.
            {delivery.event === null && " Its body was that of the first request with its key, so that one is taken."}
          </div>
          <div>
            Side effects happen again: messages are sent, calls made and values written, even where an earlier run did
            so. Filter and deduplication are not asked.
          </div>
        </Stack>
      </ConfirmDialog>
    </>
  );
}
