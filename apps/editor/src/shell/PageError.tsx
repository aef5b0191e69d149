import { ApiError } from "@millrace/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { EmptyState } from "./EmptyState.tsx";
import { LinkButton } from "./LinkButton.tsx";
import { NotFound } from "./NotFound.tsx";
import classes from "./PageError.module.css";
import { ProblemNotice } from "./ProblemNotice.tsx";

type Props = { error: unknown; what?: string; onRetry?: () => void };

/** A screen that could not be loaded: not found, forbidden, or a problem with a way to try again. */
export function PageError({ error, what, onRetry }: Props) {
  const router = useRouter();
  const queries = useQueryClient();
  if (error instanceof ApiError && (error.status === 404 || error.status === 400))
    return <NotFound {...(what ? { what } : {})} />;
  if (error instanceof ApiError && error.status === 403) {
    return (
      <EmptyState
        level={1}
        icon={Lock}
        title="You may not see this"
        actions={
          <LinkButton to="/automations" variant="default">
            Go to automations
          </LinkButton>
        }
      >
        {error.message} Ask the owner of this workspace for access.
      </EmptyState>
    );
  }
  const retry = () => {
    void queries.invalidateQueries();
    void router.invalidate();
  };
  return (
    <div className={classes.root}>
      <ProblemNotice
        error={error instanceof Error ? error : new Error("This screen could not be shown.")}
        onRetry={onRetry ?? retry}
      />
    </div>
  );
}
