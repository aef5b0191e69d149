import { z } from "zod";
import type { AnthropicConnection } from "../connection.ts";
import { modelField, modelOptions, promptField, systemField } from "../message-fields.ts";

export const countTokens = (connection: AnthropicConnection, defaultModel: string) =>
  connection.action({
    title: "Count tokens",
    summary: "Says how many tokens a prompt would take, without sending it to a model.",
    effect: "read",
    replay: "safe",
    input: z.object({ prompt: promptField, system: systemField, model: modelField(defaultModel) }),
    output: z.object({ inputTokens: z.number().int().meta({ title: "Input tokens" }) }),
    example: { input: { prompt: "Hello, Claude" }, output: { inputTokens: 10 } },
    options: { model: modelOptions },
    run: async ({ client, input, signal, now, timeoutMs }) => {
      const model = input.model || defaultModel;
      const system = input.system || undefined;
      const count = await client.countTokens({ prompt: input.prompt, model, system }, { signal, timeoutMs, now });
      return { inputTokens: count.input_tokens };
    },
  });
