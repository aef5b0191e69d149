import { Switch, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { automationQuery } from "../api/queries.ts";
import { notifyProblem } from "../shell/notify.tsx";
import classes from "./EditorBar.module.css";
import { useEditor } from "./editor-model.ts";

export function EnableSwitch() {
  const { automation, store } = useEditor();
  const queries = useQueryClient();
  const toggle = useMutation({
    mutationFn: (enabled: boolean) => api.automations.setEnabled({ automationId: automation.id, enabled }),
    onSuccess: (next) => {
      store.offer(next);
      queries.setQueryData(automationQuery(automation.id).queryKey, next);
      void queries.invalidateQueries({ queryKey: ["automations", "list"] });
    },
    onError: (error) => notifyProblem(error, "Not changed"),
  });
  // What is not published can't be on.
  if (!automation.published) return null;
  return (
    <Tooltip label={automation.enabled ? "Requests start runs" : "Off: requests are recorded and refused"}>
      <Switch
        size="sm"
        mr={6}
        label={<span className={classes.wide}>{automation.enabled ? "On" : "Off"}</span>}
        aria-label="Enabled"
        checked={automation.enabled}
        disabled={toggle.isPending}
        onChange={(event) => toggle.mutate(event.currentTarget.checked)}
      />
    </Tooltip>
  );
}
