import { Button, Textarea } from "@mantine/core";
import type { Trigger } from "@millrace/automation";
import { parseJson } from "@millrace/base";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { useEditor } from "../automations/editor-model.ts";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { startTest } from "./start-test.ts";
import classes from "./WebhookAddress.module.css";

/** Sends a real request to the published version and says which run it started. */
export function TestBench() {
  const { automation, definition, triggerSample } = useEditor();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<string>();
  const source = typed ?? JSON.stringify(triggerSample.trigger.body ?? {}, null, 2);
  const parsed = parseJson(source);
  const { trigger } = definition;
  const isWebhook = trigger.type === "webhook";
  const about = aboutTest(automation.published?.number, automation.hasUnpublishedChanges, automation.enabled);
  const send = useMutation({
    mutationFn: () => startTest(automation, isWebhook, parsed.ok ? parsed.value : null),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["runs", "list"] });
      void queries.invalidateQueries({ queryKey: ["automations", automation.id, "samples"] });
    },
  });
  return (
    <section className={classes.test} aria-label="Test">
      <Textarea
        label="Test it"
        description={`${about}${mustBeProved(trigger) ? " A test carries no proof of its sender, so verification refuses it." : ""}`}
        autosize
        minRows={3}
        maxRows={14}
        value={source}
        onChange={(event) => setTyped(event.currentTarget.value)}
        error={parsed.ok ? undefined : `This is not JSON: ${parsed.message}`}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
      />
      <div className={classes.answer}>
        <Button
          variant="default"
          leftSection={<Send size={14} aria-hidden />}
          onClick={() => send.mutate()}
          loading={send.isPending}
          disabled={!parsed.ok || !automation.published}
        >
          {isWebhook ? "Send a test request" : "Start a run"}
        </Button>
        {send.data && (
          <span role="status" style={{ display: "flex", alignItems: "center", gap: 8, flexWrap: "wrap" }}>
            <StatusBadge status={send.data.status} label={send.data.text} />
            {send.data.runId && (
              <Link to="/runs/$runId" params={{ runId: send.data.runId }} search={{}}>
                Open run
              </Link>
            )}
          </span>
        )}
      </div>
      {send.error && <ProblemNotice error={send.error} />}
    </section>
  );
}

function mustBeProved(trigger: Trigger): boolean {
  const verify = trigger.type === "webhook" ? trigger.verify : undefined;
  return verify !== undefined && ("secret" in verify || ("scheme" in verify && verify.scheme === "jwt"));
}

function aboutTest(version: number | undefined, isChanged: boolean, isEnabled: boolean): string {
  if (version === undefined) return "Publish first: requests run the published version.";
  if (!isEnabled) return "The automation is off. Turn it on to test it.";
  return isChanged
    ? `This runs version ${version}, which is live. Publish to test your changes.`
    : `This runs version ${version}, as every request does.`;
}
