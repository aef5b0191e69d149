import { Failure } from "@millrace/base";
import { z } from "zod";

const message = z.object({
  model: z.string(),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string().nullable(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
});

export type AnsweredMessage = {
  text: string;
  model: string;
  stopReason: string;
  usage: { inputTokens: number; outputTokens: number };
};

/** What a step keeps of a message: its text blocks in order. A refusal may have none; its stop reason tells. */
export function textOfMessage(answer: unknown): AnsweredMessage {
  const parsed = message.safeParse(answer);
  if (!parsed.success) {
    throw new Failure("contract_drift", "Anthropic's answer is not a message as the Messages API defines it.", {
      advice: "If the connection or the operator sets a base URL, check that it leads to the Messages API.",
      facts: { missing: z.prettifyError(parsed.error).slice(0, 300) },
    });
  }
  const { model, content, stop_reason, usage } = parsed.data;
  const text = content
    .map((block) => (block.type === "text" && typeof block.text === "string" ? block.text : ""))
    .join("");
  return {
    text,
    model,
    stopReason: stop_reason ?? "unknown",
    usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
  };
}
