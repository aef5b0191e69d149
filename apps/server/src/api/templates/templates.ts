import type { Template } from "@millrace/contract";
import { alertOnLargeOrders } from "./alert-on-large-orders.ts";
import { draftReplies } from "./draft-replies.ts";
import { forwardRequests } from "./forward-requests.ts";
import { helloWebhook } from "./hello-webhook.ts";
import { keepLatestPerCustomer } from "./keep-latest-per-customer.ts";
import { sortMessagesByUrgency } from "./sort-messages-by-urgency.ts";
import { summarizeWithClaude } from "./summarize-with-claude.ts";

export const templates: readonly Template[] = [
  helloWebhook,
  summarizeWithClaude,
  forwardRequests,
  sortMessagesByUrgency,
  alertOnLargeOrders,
  keepLatestPerCustomer,
  draftReplies,
];

export const findTemplate = (id: string): Template | undefined => templates.find((template) => template.id === id);

/** For ids that the code names: a missing one is a bug. */
export function getTemplate(id: string): Template {
  const template = findTemplate(id);
  if (!template) throw new Error(`There is no template ${id}.`);
  return template;
}
