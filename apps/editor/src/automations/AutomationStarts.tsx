import { Button, Skeleton, Title } from "@mantine/core";
import type { Template } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FilePlus2, Webhook } from "lucide-react";
import { api } from "../api/client.ts";
import { automationQuery, catalogQuery, templatesQuery } from "../api/queries.ts";
import { ConnectorIcon } from "../connectors/ConnectorIcon.tsx";
import { notifyProblem } from "../shell/notify.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./AutomationStarts.module.css";
import { PasteDefinition } from "./PasteDefinition.tsx";
import { templateConnectors } from "./template-connectors.ts";

type Start = { template: string } | { definition: unknown };

/** The ways to begin: a template, a blank automation, or a pasted definition. */
export function AutomationStarts() {
  const templates = useQuery(templatesQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: (start: Start) => api.automations.create(start),
    onSuccess: async (automation) => {
      queries.setQueryData(automationQuery(automation.id).queryKey, automation);
      void queries.invalidateQueries({ queryKey: ["automations", "list"] });
      await navigate({ to: "/automations/$automationId", params: { automationId: automation.id }, search: {} });
    },
  });
  const blank = { millrace: 1, name: "Untitled automation", trigger: { type: "webhook" }, steps: [] };
  return (
    <div className={classes.starts}>
      <section aria-labelledby="templates-title">
        <Title order={2} id="templates-title" className={classes.heading}>
          Start from a template
        </Title>
        {templates.error && <ProblemNotice error={templates.error} onRetry={() => void templates.refetch()} />}
        <ul className={classes.grid}>
          {templates.isPending && [0, 1, 2].map((key) => <Skeleton key={key} height={148} component="li" />)}
          {templates.data?.items.map((template) => (
            <TemplateCard
              key={template.id}
              template={template}
              isBusy={create.isPending}
              onUse={() =>
                create.mutate({ template: template.id }, { onError: (error) => notifyProblem(error, "Not created") })
              }
            />
          ))}
        </ul>
      </section>
      <section aria-labelledby="other-title">
        <Title order={2} id="other-title" className={classes.heading}>
          Or start another way
        </Title>
        <div className={classes.blank}>
          <FilePlus2 size={18} aria-hidden color="var(--quiet)" />
          <div className={classes.grow}>
            <strong>Blank</strong>
            <p>A webhook trigger and no steps yet.</p>
          </div>
          <Button
            variant="default"
            disabled={create.isPending}
            onClick={() =>
              create.mutate({ definition: blank }, { onError: (error) => notifyProblem(error, "Not created") })
            }
          >
            Start blank
          </Button>
        </div>
        <PasteDefinition
          isBusy={create.isPending}
          error={create.error}
          onCreate={(definition) => create.mutate({ definition })}
        />
      </section>
    </div>
  );
}

function TemplateCard({ template, isBusy, onUse }: { template: Template; isBusy: boolean; onUse: () => void }) {
  const { data: catalog } = useQuery(catalogQuery);
  const connectors = templateConnectors(template.definition.steps);
  return (
    <li className={classes.card}>
      <div className={classes.icons}>
        <span className={classes.trigger}>
          <Webhook size={14} aria-hidden />
        </span>
        {connectors.map((id) => (
          <ConnectorIcon key={id} connector={catalog?.items.find((each) => each.id === id)} id={id} size={24} />
        ))}
      </div>
      <strong>{template.title}</strong>
      <p>{template.summary}</p>
      <Button
        variant="default"
        size="xs"
        onClick={onUse}
        disabled={isBusy}
        aria-label={`Use template ${template.title}`}
      >
        Use template
      </Button>
    </li>
  );
}
