import type { DefinitionIssue } from "@millrace/automation";
import type { Automation, AutomationSummary } from "@millrace/contract";
import type { Automation as StoredAutomation, AutomationSummary as StoredSummary } from "@millrace/db";
import { presentCurl } from "./curl.ts";
import { sampleBody } from "./sample-body.ts";

export const editorUrl = (publicUrl: string, automationId: string): string =>
  `${publicUrl}/automations/${automationId}`;
export const webhookUrl = (publicUrl: string, token: string): string => `${publicUrl}/hooks/${token}`;

export function presentAutomationSummary(automation: StoredSummary, publicUrl: string): AutomationSummary {
  const { id, name, enabled, triggerType, hasUnpublishedChanges, publishedNumber, activity, lastRun } = automation;
  return {
    ...{ id, name, enabled, triggerType, hasUnpublishedChanges, publishedNumber, activity },
    lastRun: lastRun && { id: lastRun.id, status: lastRun.status, queuedAt: lastRun.at.toISOString() },
    editorUrl: editorUrl(publicUrl, id),
    createdAt: automation.createdAt.toISOString(),
    updatedAt: automation.updatedAt.toISOString(),
  };
}

export type AutomationContext = {
  publicUrl: string;
  /** Null if the trigger is no webhook, or if the caller may not start runs. */
  webhookUrl: string | null;
  issues: DefinitionIssue[];
};

export function presentAutomation(
  automation: StoredAutomation,
  { publicUrl, webhookUrl, issues }: AutomationContext,
): Automation {
  const { id, name, enabled, draft, draftRevision, published, hasUnpublishedChanges } = automation;
  const body = sampleBody(draft);
  return {
    ...{ id, name, enabled, draftRevision, hasUnpublishedChanges, webhookUrl, issues },
    triggerType: draft.trigger.type,
    published: published && {
      id: published.versionId,
      number: published.number,
      publishedAt: published.publishedAt.toISOString(),
    },
    definition: draft,
    curl: webhookUrl === null ? null : presentCurl(webhookUrl, body),
    sampleBody: body,
    editorUrl: editorUrl(publicUrl, id),
    createdAt: automation.createdAt.toISOString(),
    updatedAt: automation.updatedAt.toISOString(),
  };
}
