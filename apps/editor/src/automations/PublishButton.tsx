import { Button, Popover } from "@mantine/core";
import type { DefinitionIssueView } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { api } from "../api/client.ts";
import { automationQuery } from "../api/queries.ts";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import type { DraftState } from "./draft-store.ts";
import classes from "./EditorBar.module.css";
import { useEditor } from "./editor-model.ts";
import { publishSummary } from "./publish-summary.ts";
import { publishedQuery } from "./published-query.ts";
import { settingsKey } from "./step-issues.ts";

/** Publishes at once if nothing is wrong, else shows what must be mended first. */
export function PublishButton({ state }: { state: DraftState }) {
  const { automation, definition, store, issues, select } = useEditor();
  const queries = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const { data: published } = useQuery(publishedQuery(automation));
  const draft = useDeferredValue(definition);
  const summary = useMemo(() => publishSummary(published?.definition, draft), [published, draft]);
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await store.flush())) {
        const { save } = store.snapshot();
        if (save.kind === "refused" && save.error.issues.length > 0) return undefined;
        throw new Error("The draft is not saved, so it can't be published.");
      }
      const { draftRevision, issues: found } = store.snapshot().automation;
      if (found.some(({ severity }) => severity === "error")) return undefined;
      return api.automations.publish({ automationId: automation.id, expectedRevision: draftRevision });
    },
    onSuccess: async (version) => {
      setIsOpen(version === undefined);
      if (!version) return;
      await queries.invalidateQueries({ queryKey: automationQuery(automation.id).queryKey });
      await queries.invalidateQueries({ queryKey: ["automations"] });
      notifyDone(`Version ${version.number} is live`);
    },
    onError: (error) => notifyProblem(error, "Not published"),
  });
  const isChanged = automation.hasUnpublishedChanges || state.save.kind !== "saved";
  const open = (place: string) => {
    setIsOpen(false);
    if (place === settingsKey) select({ kind: "settings" });
    else select(place === "trigger" ? { kind: "trigger" } : { kind: "step", stepId: place });
  };
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      position="bottom-end"
      width="min(400px, calc(100vw - 24px))"
      shadow="md"
      trapFocus
    >
      <Popover.Target>
        <Button
          size="xs"
          leftSection={<Rocket size={14} aria-hidden />}
          loading={publish.isPending}
          disabled={!isChanged && automation.published !== null}
          onClick={() => publish.mutate()}
          title={isChanged ? summary : "The published version is up to date"}
        >
          Publish
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <div className={classes.summary}>Before this can be published ({summary}):</div>
        {[...issues].flatMap(([stepId, own]) =>
          own.map((issue) => (
            <IssueButton key={`${issue.path} ${issue.message}`} issue={issue} onOpen={() => open(stepId)} />
          )),
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function IssueButton({ issue, onOpen }: { issue: DefinitionIssueView; onOpen: () => void }) {
  return (
    <button type="button" className={classes.issueButton} onClick={onOpen}>
      {issue.message}
      <br />
      <code className="mono">{issue.path}</code>
    </button>
  );
}
