import { defineConnector } from "@millrace/connector-kit";
import { countTokens } from "./actions/count-tokens.ts";
import { listModels } from "./actions/list-models.ts";
import { messageToAi } from "./actions/message-to-ai.ts";
import { anthropicConnection } from "./connection.ts";

export type AnthropicOptions = { baseUrl: string | undefined; defaultModel: string };

export function anthropic({ baseUrl, defaultModel }: AnthropicOptions) {
  const connection = anthropicConnection(baseUrl);
  return defineConnector({
    id: "anthropic",
    title: "Anthropic",
    summary: "Claude, through the Anthropic API: ask a model, list models, count tokens.",
    icon: "sparkles",
    connection,
    actions: {
      messageToAi: messageToAi(connection, defaultModel),
      listModels: listModels(connection),
      countTokens: countTokens(connection, defaultModel),
    },
  });
}
