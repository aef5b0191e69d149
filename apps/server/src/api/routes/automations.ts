import { parseDefinition } from "@millrace/automation";
import { endpoints } from "@millrace/contract";
import type { Automation as StoredAutomation } from "@millrace/db";
import type { Caller } from "../../middleware/authenticate.ts";
import { HttpProblem, notFound } from "../../middleware/http-problem.ts";
import { editorUrl, presentAutomation, presentAutomationSummary, webhookUrl } from "../../present/automation.ts";
import { findIssues, readDefinition, requirePublishable } from "../read-definition.ts";
import { readSamples } from "../read-samples.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";
import { startRun } from "../start-run.ts";
import { findTemplate } from "../templates/templates.ts";

export function automationRoutes({ route }: Routes, services: ApiServices): void {
  const { automations, versions, endpoints: hooks, publicUrl } = services;

  /** The URL alone starts runs, so only those who may start runs see it. */
  const findWebhookUrl = async (
    { workspaceId, scopes }: Caller,
    { id, draft }: StoredAutomation,
  ): Promise<string | null> => {
    if (draft.trigger.type !== "webhook" || !scopes.includes("runs:write")) return null;
    return webhookUrl(publicUrl, await hooks.getWebhookToken(workspaceId, id));
  };

  const present = async (caller: Caller, automation: StoredAutomation) => {
    const [url, issues] = await Promise.all([
      findWebhookUrl(caller, automation),
      findIssues(services, caller.workspaceId, automation.draft),
    ]);
    return presentAutomation(automation, { publicUrl, webhookUrl: url, issues });
  };

  const publish = async ({ workspaceId, actor }: Caller, id: string, expectedRevision: number) => {
    const publishedBy = actor.kind === "user" ? actor.user.id : null;
    const { version } = await versions.publish({ workspaceId, id, publishedBy, expectedRevision });
    return version;
  };

  route(endpoints.automations.list, async ({ input, caller }) => {
    const page = await automations.list({ workspaceId: caller.workspaceId, ...input });
    return { ...page, items: page.items.map((automation) => presentAutomationSummary(automation, publicUrl)) };
  });

  route(endpoints.automations.create, async ({ input, caller }) => {
    const template = input.template === undefined ? undefined : findTemplate(input.template);
    if (input.template !== undefined && !template) throw notFound("template", input.template);
    const definition = template ? template.definition : readDefinition(input.definition);
    const { automation } = await automations.create({ workspaceId: caller.workspaceId, definition });
    return present(caller, automation);
  });

  route(endpoints.automations.check, async ({ input, caller }) => {
    const parsed = parseDefinition(input.definition);
    return { issues: parsed.ok ? await findIssues(services, caller.workspaceId, parsed.definition) : parsed.issues };
  });

  route(endpoints.automations.push, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const definition = readDefinition(input.definition);
    const issues = await findIssues(services, workspaceId, definition);
    if (input.publish) requirePublishable(issues);
    const existing = await automations.findByName(workspaceId, definition.name);
    const saved = existing
      ? await automations.saveDraft({
          workspaceId,
          id: existing.id,
          definition,
          expectedRevision: existing.draftRevision,
        })
      : (await automations.create({ workspaceId, definition })).automation;
    const { id, name, draftRevision } = saved;
    const version = input.publish ? await publish(caller, id, draftRevision) : undefined;
    return {
      ...{ id, name, issues, created: !existing },
      version: version?.number ?? saved.published?.number ?? null,
      webhookUrl: await findWebhookUrl(caller, saved),
      editorUrl: editorUrl(publicUrl, id),
    };
  });

  route(endpoints.automations.get, async ({ input, caller }) =>
    present(caller, await automations.get(caller.workspaceId, input.automationId)),
  );

  route(endpoints.automations.saveDraft, async ({ input, caller }) => {
    const { automationId: id, expectedRevision } = input;
    const definition = readDefinition(input.definition);
    return present(
      caller,
      await automations.saveDraft({ workspaceId: caller.workspaceId, id, definition, expectedRevision }),
    );
  });

  route(endpoints.automations.publish, async ({ input, caller }) => {
    const automation = await automations.get(caller.workspaceId, input.automationId);
    requirePublishable(await findIssues(services, caller.workspaceId, automation.draft));
    // The revision that was checked, so that nothing is published unchecked.
    const version = await publish(caller, automation.id, input.expectedRevision ?? automation.draftRevision);
    return { id: version.id, number: version.number, publishedAt: version.publishedAt.toISOString() };
  });

  route(endpoints.automations.setEnabled, async ({ input, caller }) => {
    const { automationId: id, enabled } = input;
    await automations.setEnabled({ workspaceId: caller.workspaceId, id, enabled });
    return present(caller, await automations.get(caller.workspaceId, id));
  });

  route(endpoints.automations.delete, async ({ input, caller }) => {
    await automations.remove(caller.workspaceId, input.automationId);
  });

  route(endpoints.automations.rotateEndpoint, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const automation = await automations.get(workspaceId, input.automationId);
    if (automation.draft.trigger.type !== "webhook") {
      throw new HttpProblem(409, "conflict", "This automation is not started by a webhook, so it has no URL.");
    }
    const overlapMs = input.overlapSeconds * 1_000;
    const rotated = await hooks.rotateEndpoint({ workspaceId, automationId: automation.id, overlapMs });
    return {
      webhookUrl: webhookUrl(publicUrl, rotated.token),
      oldUrlWorksUntil: rotated.previousExpiresAt.toISOString(),
    };
  });

  route(endpoints.automations.samples, async ({ input, caller }) => {
    const automation = await automations.get(caller.workspaceId, input.automationId);
    return readSamples(services, caller.workspaceId, automation);
  });

  route(endpoints.automations.run, async ({ input, caller }) => {
    const automation = await automations.get(caller.workspaceId, input.automationId);
    return { runId: await startRun(services, automation, input.body), status: "queued" as const };
  });
}
