import { Page } from "../shell/Page.tsx";
import { AutomationStarts } from "./AutomationStarts.tsx";

export function NewAutomationPage() {
  return (
    <Page title="New automation" description="Everything can be changed later; nothing runs until you publish.">
      <AutomationStarts />
    </Page>
  );
}
