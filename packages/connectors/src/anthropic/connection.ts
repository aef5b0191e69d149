import { defineConnection, fields } from "@millrace/connector-kit";
import { z } from "zod";
import { createAnthropicClient } from "./client.ts";

export type AnthropicConnection = ReturnType<typeof anthropicConnection>;

const publicBaseUrl = "https://api.anthropic.com";

const auth = fields({
  apiKey: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, "a key holds no spaces or line breaks")
    .meta({
      title: "API key",
      description: "From the Claude Console, under API keys. It starts with sk-ant-.",
      secret: true,
      placeholder: "sk-ant-…",
    }),
  baseUrl: z
    .url({ protocol: /^https?$/, error: "expected an address such as https://gateway.example.com" })
    .optional()
    .meta({
      title: "Base URL",
      description: "Only for a gateway of your own.",
      secret: false,
      placeholder: publicBaseUrl,
      advanced: true,
    }),
});

/** The key goes to one origin: the connection's own base URL, else the operator's, else the public API. */
export function anthropicConnection(operatorBaseUrl: string | undefined) {
  // Many write the address with the version that the SDK adds by itself.
  const baseUrlOf = (credential: { baseUrl?: string | undefined }) =>
    (credential.baseUrl ?? operatorBaseUrl ?? publicBaseUrl).replace(/\/v1\/?$/, "");
  return defineConnection({
    auth,
    origins: (credential) => [new URL(baseUrlOf(credential)).origin],
    operatorOrigins: operatorBaseUrl === undefined ? [] : [new URL(operatorBaseUrl).origin],
    client: ({ credential, http }) =>
      createAnthropicClient({ apiKey: credential.apiKey, baseUrl: baseUrlOf(credential), http }),
    check: (client, { signal, timeoutMs }) => client.whoAmI({ signal, timeoutMs }),
  });
}
