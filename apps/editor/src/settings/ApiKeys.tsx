import { Button, Table, Text } from "@mantine/core";
import type { ApiKey } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { apiKeysQuery } from "../api/queries.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { NewApiKey } from "./NewApiKey.tsx";

export function ApiKeys() {
  const { data, error, isPending, refetch } = useQuery(apiKeysQuery);
  const queries = useQueryClient();
  const [isAdding, setIsAdding] = useState(false);
  const [leaving, setLeaving] = useState<ApiKey>();
  const revoke = useMutation({
    mutationFn: (apiKeyId: string) => api.apiKeys.revoke({ apiKeyId }),
    onSuccess: async () => {
      setLeaving(undefined);
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
      notifyDone("API key revoked");
    },
    onError: (problem) => notifyProblem(problem, "Key not revoked"),
  });
  if (isPending) return <ListSkeleton rows={2} />;
  if (error) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  const keys = data.items.filter(({ revokedAt }) => revokedAt === null);
  return (
    <>
      {isAdding ? (
        <NewApiKey onClose={() => setIsAdding(false)} />
      ) : (
        <Button
          variant="default"
          mb="md"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => setIsAdding(true)}
        >
          Create API key
        </Button>
      )}
      {keys.length === 0 ? (
        <Text size="sm" c="dimmed">
          No keys yet.
        </Text>
      ) : (
        <ListCard
          label="API keys"
          columns={[{ title: "Key" }, { title: "Last used", width: 120 }, { title: "~Actions", width: 104 }]}
        >
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <MainCell
                link={key.name}
                detail={
                  <>
                    <span className="mono">{key.hint}…</span> · {scopesText(key)}
                  </>
                }
              />
              <Table.Td c="dimmed" fz="sm">
                {key.lastUsedAt ? <TimeAgo at={key.lastUsedAt} /> : "never"}
              </Table.Td>
              <Table.Td ta="right">
                <Button
                  variant="subtle"
                  color="gray"
                  size="xs"
                  onClick={() => setLeaving(key)}
                  aria-label={`Revoke ${key.name}`}
                >
                  Revoke
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </ListCard>
      )}
      <ConfirmDialog
        isOpen={leaving !== undefined}
        title={`Revoke ${leaving?.name ?? "key"}?`}
        confirm="Revoke key"
        isBusy={revoke.isPending}
        onConfirm={() => leaving && revoke.mutate(leaving.id)}
        onClose={() => setLeaving(undefined)}
      >
        Whatever uses this key stops working at once. This can't be undone.
      </ConfirmDialog>
    </>
  );
}

function scopesText({ scopes }: ApiKey): string {
  return scopes.length > 3 ? `${scopes.length} scopes` : scopes.join(", ");
}
