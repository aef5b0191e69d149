import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { automationQuery } from "../api/queries.ts";
import { useEditor } from "../automations/editor-model.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { CopyButton } from "../shell/CopyButton.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import { momentText } from "../shell/time-text.ts";
import classes from "./WebhookAddress.module.css";

/** The URL that senders post to, and a curl that does it. */
export function WebhookAddress() {
  const { automation } = useEditor();
  const queries = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const rotate = useMutation({
    mutationFn: () => api.automations.rotateEndpoint({ automationId: automation.id }),
    onSuccess: async ({ oldUrlWorksUntil }) => {
      setIsAsking(false);
      notifyDone(`New URL minted. The old one works until ${momentText(oldUrlWorksUntil)}.`);
      await queries.invalidateQueries({ queryKey: automationQuery(automation.id).queryKey });
    },
    onError: (error) => notifyProblem(error, "URL not changed"),
  });
  if (!automation.webhookUrl)
    return <p className={classes.note}>The webhook URL appears as soon as the draft is saved.</p>;
  return (
    <section aria-label="Webhook">
      <div className={classes.label}>Webhook URL</div>
      <div className={classes.url}>
        <code className="mono truncate" data-testid="webhook-url">
          {automation.webhookUrl}
        </code>
        <CopyButton value={automation.webhookUrl} label="Copy webhook URL" withText />
      </div>
      {automation.curl && (
        <>
          <Group justify="space-between" mt="sm" mb={4}>
            <span className={classes.label} style={{ margin: 0 }}>
              Fire it with curl
            </span>
            <CopyButton value={automation.curl} label="Copy curl" />
          </Group>
          <pre className={classes.curl}>{automation.curl}</pre>
        </>
      )}
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        mt={6}
        ml={-6}
        leftSection={<RefreshCw size={12} aria-hidden />}
        onClick={() => setIsAsking(true)}
      >
        Mint a new URL
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title="Mint a new webhook URL?"
        confirm="Mint new URL"
        isBusy={rotate.isPending}
        onConfirm={() => rotate.mutate()}
        onClose={() => setIsAsking(false)}
      >
        The old URL goes on working for a day. Give senders the new one in the meantime.
      </ConfirmDialog>
    </section>
  );
}
