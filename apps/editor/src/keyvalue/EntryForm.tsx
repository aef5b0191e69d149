import { Button, Group, Skeleton, Stack, Textarea, TextInput } from "@mantine/core";
import { durationPattern, parseJson } from "@millrace/base";
import type { KeyValueEntry } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { Facts } from "../shell/Facts.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { momentText } from "../shell/time-text.ts";

type Props = { entryKey: string | undefined; onDone: () => void };

export function EntryForm({ entryKey, onDone }: Props) {
  const stored = useQuery({
    queryKey: ["keyvalue", "entry", entryKey],
    queryFn: ({ signal }) => api.keyvalue.get({ key: entryKey ?? "" }, { signal }),
    enabled: entryKey !== undefined,
  });
  if (entryKey === undefined) return <Fields entry={undefined} onDone={onDone} />;
  if (stored.error) return <ProblemNotice error={stored.error} onRetry={() => void stored.refetch()} />;
  if (!stored.data) return <Skeleton height={200} />;
  return <Fields entry={stored.data} onDone={onDone} />;
}

function Fields({ entry, onDone }: { entry: KeyValueEntry | undefined; onDone: () => void }) {
  const queries = useQueryClient();
  const [key, setKey] = useState(entry?.key ?? "");
  const [source, setSource] = useState(entry ? JSON.stringify(entry.value, null, 2) : '""');
  const [expiresIn, setExpiresIn] = useState("");
  const [isAsking, setIsAsking] = useState(false);
  const parsed = parseJson(source);
  const expiryMistake =
    expiresIn !== "" && !durationPattern.test(expiresIn) ? "Write a duration such as 30s, 5m, 2h or 7d." : undefined;
  const refresh = () => queries.invalidateQueries({ queryKey: ["keyvalue"] });
  const save = useMutation({
    mutationFn: () =>
      api.keyvalue.put({ key, value: parsed.ok ? parsed.value : null, ...(expiresIn ? { expiresIn } : {}) }),
    onSuccess: async () => {
      notifyDone(`${key} saved`);
      onDone();
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: () => api.keyvalue.delete({ key }),
    onSuccess: async () => {
      notifyDone(`${key} deleted`);
      setIsAsking(false);
      onDone();
      await refresh();
    },
    onError: (error) => notifyProblem(error, "Not deleted"),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Key"
          required
          autoFocus={!entry}
          readOnly={entry !== undefined}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
        <Textarea
          label="Value"
          description="JSON: texts stand in quotes."
          autosize
          minRows={6}
          maxRows={24}
          value={source}
          onChange={(event) => setSource(event.currentTarget.value)}
          error={parsed.ok ? undefined : `This is not JSON: ${parsed.message}`}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
        />
        <TextInput
          label="Expires in"
          description={
            entry?.expiresAt
              ? `Now: ${momentText(entry.expiresAt)}. Saving without a time keeps the value for good.`
              : "Empty: it stays."
          }
          placeholder="7d"
          value={expiresIn}
          onChange={(event) => setExpiresIn(event.currentTarget.value)}
          error={expiryMistake}
        />
        {entry && (
          <Facts
            facts={[
              ["Version", entry.version],
              ["Changed", momentText(entry.updatedAt)],
              [
                "Written by",
                entry.updatedByRunId ? (
                  <Link
                    key="run"
                    to="/runs/$runId"
                    params={{ runId: entry.updatedByRunId }}
                    search={{}}
                    className="mono"
                  >
                    {entry.updatedByRunId}
                  </Link>
                ) : (
                  "a person or the API"
                ),
              ],
            ]}
          />
        )}
        {save.error && <ProblemNotice error={save.error} />}
        <Group justify="space-between">
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!parsed.ok || key === "" || expiryMistake !== undefined}
          >
            Save value
          </Button>
          {entry && (
            <Button
              variant="subtle"
              color="gray"
              leftSection={<Trash2 size={14} aria-hidden />}
              onClick={() => setIsAsking(true)}
            >
              Delete value
            </Button>
          )}
        </Group>
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        title={`Delete ${key}?`}
        confirm="Delete"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setIsAsking(false)}
      >
        Steps that read it will find nothing. This can't be undone.
      </ConfirmDialog>
    </form>
  );
}
