import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Copy, Inbox, MoreHorizontal, SlidersHorizontal, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { ConfirmDialog } from "../shell/ConfirmDialog.tsx";
import { notifyDone, notifyProblem } from "../shell/notify.tsx";
import { useEditor } from "./editor-model.ts";

export function AutomationMenu() {
  const { automation, definition, select } = useEditor();
  const [isAsking, setIsAsking] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => api.automations.delete({ automationId: automation.id }),
    onSuccess: async () => {
      notifyDone(`${automation.name} deleted`);
      await navigate({ to: "/automations", search: {} });
      queries.removeQueries({ queryKey: ["automations", automation.id] });
      await queries.invalidateQueries({ queryKey: ["automations", "list"] });
    },
    onError: (error) => notifyProblem(error, "Not deleted"),
  });
  const copyYaml = async () => {
    try {
      const { stringify } = await import("yaml");
      await navigator.clipboard.writeText(stringify(definition));
      notifyDone("Definition copied as YAML");
    } catch (error) {
      notifyProblem(error instanceof Error ? error : new Error(String(error)), "Not copied");
    }
  };
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon size="lg" aria-label="More actions">
            <MoreHorizontal size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<SlidersHorizontal size={14} aria-hidden />}
            onClick={() => select({ kind: "settings" }, "open")}
          >
            Automation settings
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={14} aria-hidden />} onClick={() => void copyYaml()}>
            Copy as YAML
          </Menu.Item>
          <Menu.Item
            leftSection={<Inbox size={14} aria-hidden />}
            onClick={() => void navigate({ to: "/deliveries", search: { automation: automation.id } })}
          >
            Deliveries
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={() => setIsAsking(true)}>
            Delete automation
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={isAsking}
        title={`Delete ${automation.name}?`}
        confirm="Delete automation"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
        onClose={() => setIsAsking(false)}
      >
        Its webhook URL stops working and it can't be brought back. Its runs stay visible.
      </ConfirmDialog>
    </>
  );
}
