import { Badge } from "@mantine/core";
import { Play } from "lucide-react";
import { LinkButton } from "../shell/LinkButton.tsx";
import { ModeBar } from "../shell/ModeBar.tsx";
import { AutomationMenu } from "./AutomationMenu.tsx";
import { AutomationName } from "./AutomationName.tsx";
import type { DraftState } from "./draft-store.ts";
import { EnableSwitch } from "./EnableSwitch.tsx";
import { PublishButton } from "./PublishButton.tsx";
import { SaveIndicator } from "./SaveIndicator.tsx";
import { UndoButtons } from "./UndoButtons.tsx";
import { VersionsMenu } from "./VersionsMenu.tsx";

/** Name, state of the draft, versions, and what can be done with the automation. */
export function EditorBar({ state }: { state: DraftState }) {
  const { automation, save, history } = state;
  return (
    <ModeBar
      heading={automation.name}
      back="/automations"
      backLabel="All automations"
      title={<AutomationName />}
      meta={
        <>
          <Badge variant="default">{automation.published ? `v${automation.published.number}` : "Draft"}</Badge>
          <SaveIndicator save={save} />
        </>
      }
      actions={
        <>
          <UndoButtons canUndo={history.past.length > 0} canRedo={history.future.length > 0} />
          <EnableSwitch />
          <LinkButton
            variant="default"
            size="xs"
            to="/automations/$automationId/runs"
            params={{ automationId: automation.id }}
            search={{}}
            leftSection={<Play size={14} aria-hidden />}
          >
            Runs
          </LinkButton>
          <VersionsMenu />
          <PublishButton state={state} />
          <AutomationMenu />
        </>
      }
    />
  );
}
