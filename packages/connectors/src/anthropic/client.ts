import type { Anthropic, ClientOptions } from "@anthropic-ai/sdk";
import { Failure } from "@millrace/base";
import type { Egress } from "@millrace/connector-kit";

export type AnthropicClient = ReturnType<typeof createAnthropicClient>;

/** What a call needs besides its own parameters. */
export type CallOptions = { signal: AbortSignal; timeoutMs: number; idempotencyKey?: string; now?: Date };
export type MessageParams = {
  model: string;
  maxTokens: number;
  prompt: string;
  system: string | undefined;
  temperature: number | undefined;
};

/**
 * Sampling parameters left the API with version 2026-10-21, which the SDK sends by default. The version before still takes
 * them, for models that support them: https://platform.claude.com/docs/en/api/versioning
 */
const versionWithTemperature = "2023-06-01";

/** The official SDK with our egress under it. It never retries: the engine does, with the whole picture. */
export function createAnthropicClient({ apiKey, baseUrl, http }: { apiKey: string; baseUrl: string; http: Egress }) {
  // The SDK wraps what its fetch throws and drops part of it, so the original is kept here.
  let egressFailure: Failure | undefined;
  const settings: ClientOptions = {
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null,
    // The SDK sends the key as a bearer token. Gateways written for the API's documented header look for this one.
    defaultHeaders: { "x-api-key": apiKey },
    fetch: async (input, init) => {
      try {
        return await http.fetchLike(input, init);
      } catch (error) {
        if (error instanceof Failure) egressFailure = error;
        throw error;
      }
    },
  };
  let opened: Anthropic | undefined;

  async function ask<Answer>(
    model: string | undefined,
    now: Date | undefined,
    call: (sdk: Anthropic) => PromiseLike<Answer>,
  ): Promise<Answer> {
    // The SDK is large, and most processes never need it.
    const [{ default: Sdk }, { providerFailure }] = await Promise.all([
      import("@anthropic-ai/sdk"),
      import("./provider-failure.ts"),
    ]);
    opened ??= new Sdk(settings);
    try {
      return await call(opened);
    } catch (error) {
      throw egressFailure ?? providerFailure(error, { model, now });
    }
  }

  return {
    message({ model, maxTokens, prompt, system, temperature }: MessageParams, options: CallOptions) {
      const sampling = temperature === undefined ? {} : { temperature };
      const body = {
        model,
        max_tokens: maxTokens,
        messages: [{ role: "user" as const, content: prompt }],
        ...(system === undefined ? {} : { system }),
        ...sampling,
      };
      const headers = {
        ...(options.idempotencyKey === undefined ? {} : { "idempotency-key": options.idempotencyKey }),
        ...(temperature === undefined ? {} : { "anthropic-version": versionWithTemperature }),
      };
      return ask(model, options.now, (sdk) =>
        sdk.messages.create(body, { signal: options.signal, timeout: options.timeoutMs, headers }),
      );
    },
    countTokens({ model, prompt, system }: Omit<MessageParams, "maxTokens" | "temperature">, options: CallOptions) {
      const body = {
        model,
        messages: [{ role: "user" as const, content: prompt }],
        ...(system === undefined ? {} : { system }),
      };
      return ask(model, options.now, (sdk) =>
        sdk.messages.countTokens(body, { signal: options.signal, timeout: options.timeoutMs }),
      );
    },
    /** Newest first, at most `limit`. */
    listModels(limit: number, options: CallOptions) {
      return ask(undefined, options.now, async (sdk) => {
        const found: { id: string; name: string; createdAt: string }[] = [];
        const pages = sdk.models.list(
          { limit: Math.min(limit, 100) },
          { signal: options.signal, timeout: options.timeoutMs },
        );
        for await (const model of pages) {
          found.push({ id: model.id, name: model.display_name, createdAt: model.created_at });
          if (found.length >= limit) break;
        }
        return found;
      });
    },
    /** The organization behind the key, or the host where the answer does not name one. */
    whoAmI(options: CallOptions) {
      return ask(undefined, options.now, async (sdk) => {
        const { response } = await sdk.models
          .list({ limit: 1 }, { signal: options.signal, timeout: options.timeoutMs })
          .withResponse();
        const organization = response.headers.get("anthropic-organization-id");
        return { account: organization ? `Organization ${organization}` : new URL(baseUrl).host };
      });
    },
  };
}
