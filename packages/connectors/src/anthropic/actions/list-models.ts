import { z } from "zod";
import type { AnthropicConnection } from "../connection.ts";

export const listModels = (connection: AnthropicConnection) =>
  connection.action({
    title: "List models",
    summary: "Lists the Claude models this key may use, newest first.",
    effect: "read",
    replay: "safe",
    input: z.object({
      limit: z.number().int().min(1).max(200).default(50).meta({ title: "At most", control: "number" }),
    }),
    output: z.object({
      models: z.array(z.object({ id: z.string(), name: z.string(), createdAt: z.string() })).meta({ title: "Models" }),
    }),
    example: {
      input: { limit: 1 },
      output: { models: [{ id: "claude-sonnet-5-5", name: "Claude Sonnet 5.5", createdAt: "2026-10-06T00:00:00Z" }] },
    },
    run: async ({ client, input, signal, now, timeoutMs }) => ({
      models: await client.listModels(input.limit, { signal, timeoutMs, now }),
    }),
  });
