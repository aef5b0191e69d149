import { Compass } from "lucide-react";
import { EmptyState } from "./EmptyState.tsx";
import { LinkButton } from "./LinkButton.tsx";
import { useTitle } from "./use-title.ts";

export function NotFound({ what = "page" }: { what?: string }) {
  useTitle("Not found");
  return (
    <EmptyState
      level={1}
      icon={Compass}
      title={`This ${what} does not exist`}
      actions={
        <LinkButton to="/automations" variant="default">
          Go to automations
        </LinkButton>
      }
    >
      It may have been deleted, or the address has a typo.
    </EmptyState>
  );
}
