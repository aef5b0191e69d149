import { z } from "zod";
import type { AnthropicConnection } from "../connection.ts";
import { modelField, modelOptions, promptField, systemField } from "../message-fields.ts";
import { textOfMessage } from "../text-of-message.ts";

const stopReasons =
  "end_turn: finished. max_tokens: cut off at Max tokens. stop_sequence, tool_use, pause_turn: stopped on the way. " +
  "refusal: the model declined, and the text may be empty. model_context_window_exceeded: prompt and answer did not fit.";

export const messageToAi = (connection: AnthropicConnection, defaultModel: string) =>
  connection.action({
    title: "Message to AI",
    summary: "Sends a prompt to Claude and returns its answer as text.",
    effect: "read",
    // A repeat costs tokens and changes nothing.
    replay: "safe",
    timeoutMs: 5 * 60_000,
    input: z.object({
      prompt: promptField,
      system: systemField,
      model: modelField(defaultModel),
      maxTokens: z.number().int().min(1).default(1024).meta({
        title: "Max tokens",
        description: "The longest answer to pay for. A token is about four characters of English.",
        control: "number",
      }),
      temperature: z.number().min(0).max(1).optional().meta({
        title: "Temperature",
        description: "0 is most predictable, 1 most varied. Only older models take it; newer ones refuse the request.",
        control: "number",
        advanced: true,
      }),
    }),
    output: z.object({
      text: z.string().meta({ title: "Text" }),
      model: z.string().meta({ title: "Model" }),
      stopReason: z.string().meta({ title: "Stop reason", description: stopReasons }),
      usage: z
        .object({
          inputTokens: z.number().int().meta({ title: "Input tokens" }),
          outputTokens: z.number().int().meta({ title: "Output tokens" }),
        })
        .meta({ title: "Usage" }),
    }),
    example: {
      input: {
        prompt: "The new warehouse in Rotterdam opens on Monday and halves delivery times to Germany.",
        system: "Summarize the input in one sentence.",
        maxTokens: 200,
      },
      output: {
        text: "A new Rotterdam warehouse opening Monday halves delivery times to Germany.",
        model: defaultModel,
        stopReason: "end_turn",
        usage: { inputTokens: 41, outputTokens: 16 },
      },
    },
    options: { model: modelOptions },
    run: async ({ client, input, idempotencyKey, signal, now, timeoutMs }) => {
      const { prompt, maxTokens, temperature } = input;
      const answer = await client.message(
        { prompt, maxTokens, temperature, model: input.model || defaultModel, system: input.system || undefined },
        { signal, timeoutMs, idempotencyKey, now },
      );
      return textOfMessage(answer);
    },
  });
