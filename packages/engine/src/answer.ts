import type { Answer } from "./ports.ts";

/** What a sender is told; operators' scripts rely on these shapes. */
export const acceptedAnswer = (runId: string): Answer => ({
  status: 202,
  body: JSON.stringify({ runId, status: "queued" }),
});

export const duplicateAnswer = (runId: string): Answer => ({
  status: 200,
  body: JSON.stringify({ runId, status: "queued", duplicate: true }),
});
