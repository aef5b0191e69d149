import { isJsonObject, type Json, parseJson } from "@millrace/base";
import { ApiError, type Automation, apiErrorOf } from "@millrace/contract";
import { api } from "../api/client.ts";

export type TestAnswer = {
  status: "accepted" | "duplicate" | "filtered" | "queued";
  text: string;
  runId: string | undefined;
};

/** Posts to the webhook as a sender would, or starts a manual run. Throws ApiError. */
export async function startTest(automation: Automation, isWebhook: boolean, body: Json): Promise<TestAnswer> {
  if (!isWebhook || !automation.webhookUrl) {
    const { runId } = await api.automations.run({ automationId: automation.id, body });
    return { status: "queued", text: "Started", runId };
  }
  // The page may be open under another name of the server than the one that senders use; only the path counts.
  const { pathname } = new URL(automation.webhookUrl, window.location.origin);
  const response = await fetch(pathname, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new ApiError(
      {
        status: 0,
        code: "unreachable",
        title: "No answer",
        detail: "The webhook did not answer. Is Millrace running?",
      },
      cause,
    );
  });
  const parsed = parseJson(await response.text());
  const answer = parsed.ok ? parsed.value : null;
  if (!response.ok) throw apiErrorOf(response.status, answer, pathname);
  const runId = isJsonObject(answer) && typeof answer.runId === "string" ? answer.runId : undefined;
  if (isJsonObject(answer) && answer.duplicate === true)
    return { status: "duplicate", text: `Answered ${response.status}: a duplicate`, runId };
  if (!runId) return { status: "filtered", text: `Answered ${response.status}: filtered out, no run`, runId };
  return { status: "accepted", text: `Answered ${response.status}`, runId };
}
