import type { Answer, RunOutcome } from "@millrace/engine";

/** An answer with the headers that belong to it. */
export type FullAnswer = { answer: Answer; headers: Record<string, string> };

/** What an answer may hold of a run's output; the run's page has the rest. */
const shownOutputBytes = 1_048_576;

/**
 * What a sender that waited is told: what the first Respond step says, else the last step's output. Undefined while the run
 * has no answer. Why a run failed is for its owner, so the sender hears only that it did.
 */
export function runAnswer({ runId, status, answer, output }: RunOutcome): FullAnswer | undefined {
  if (answer) {
    const { status: answered, headers, body } = answer;
    // Whatever a page holds that an automation wrote, it must not act in the name of the origin that the editor has too.
    return { answer: { status: answered, body }, headers: { ...headers, "content-security-policy": "sandbox" } };
  }
  if (status === "succeeded") {
    const whole = JSON.stringify({ runId, status, output: output ?? null });
    const body =
      Buffer.byteLength(whole) <= shownOutputBytes
        ? whole
        : JSON.stringify({ runId, status, output: null, note: "The output is larger than 1 MiB: see the run." });
    return { answer: { status: 200, body }, headers: {} };
  }
  if (status !== "failed" && status !== "canceled") return undefined;
  const code = `run_${status}`;
  const detail = status === "failed" ? "The run failed." : "The run was canceled.";
  const body = JSON.stringify({ type: `urn:millrace:${code}`, status: 500, code, detail, runId });
  return { answer: { status: 500, body }, headers: {} };
}

/** What a sender is told whose run has no answer yet. */
export function pendingAnswer(runId: string, status: string, statusUrl: string): FullAnswer {
  const body = JSON.stringify({ runId, status, statusUrl });
  return { answer: { status: 202, body }, headers: { location: statusUrl, "retry-after": "5" } };
}
