import type { Client } from "@millrace/contract";

/** An automation whose effects the sink and the key-value store can count: one per event, whatever happens. */
export type Flow = {
  name: string;
  automationId: string;
  /** `/hooks/<token>`, the same at every ingress. */
  hookPath: string;
  atMostOnce: boolean;
  counts: boolean;
  /** Whether its calls bring the canary. */
  canary: boolean;
};

export type FlowOptions = {
  atMostOnce?: boolean;
  /** Ends with a counter that all runs share; else with a value of the event's own. */
  counts?: boolean;
  timeout?: string;
  attempts?: number;
  label?: string;
  /** More of the trigger: how requests are verified, in what order runs go. */
  trigger?: { [key: string]: Json };
  /** Calls with a credential whose secret must never be seen again; on unless said otherwise. */
  canary?: boolean;
};

/** The name of the http connection that holds it. */
export const canaryConnection = "canary";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export function flowDefinition(name: string, sinkUrl: string, options: FlowOptions): { [key: string]: Json } {
  const { atMostOnce = false, counts = true, timeout = "30s", attempts = 10, label = "v1", canary = true } = options;
  const body = { event: "{{ trigger.body.id }}", run: "{{ run.id }}", label };
  const last: Json = counts
    ? { id: "count", action: "keyvalue.increment", input: { key: `${name}/count` } }
    : { id: "save", action: "keyvalue.set", input: { key: `${name}/{{ trigger.body.id }}`, value: "{{ run.id }}" } };
  return {
    millrace: 1,
    name,
    trigger: { type: "webhook", dedupe: "{{ trigger.body.id }}", ...options.trigger },
    steps: [
      {
        id: "call",
        action: "http.request",
        ...(canary ? { connection: canaryConnection } : {}),
        input: { method: "POST", url: sinkUrl, bodyType: "json", body },
        timeout,
        ...(atMostOnce ? { atMostOnce } : { retry: { attempts } }),
      },
      last,
    ],
  };
}

export async function pushFlow(
  client: Client,
  name: string,
  sinkUrl: string,
  options: FlowOptions = {},
): Promise<Flow> {
  const pushed = await client.automations.push({ definition: flowDefinition(name, sinkUrl, options), publish: true });
  if (pushed.webhookUrl === null) throw new Error(`${name} has no webhook.`);
  return {
    name,
    automationId: pushed.id,
    hookPath: new URL(pushed.webhookUrl).pathname,
    atMostOnce: options.atMostOnce ?? false,
    counts: options.counts ?? true,
    canary: options.canary ?? true,
  };
}

/** A keyvault entry that triggers name to verify what comes in. */
export async function storeSigningSecret(client: Client, name: string, secret: string): Promise<void> {
  await client.connections.create({ connector: "webhook", name, fields: { secret } });
}
