export type RateLimit = { requests: number; perMs: number };

type Bucket = { tokens: number; at: number };

const endpointsKept = 20_000;

/**
 * One token bucket an endpoint, in this process: it holds a period's requests and fills evenly. Several ingress processes
 * count apart, so that together they let through as many times the limit as there are processes.
 */
export function createRateLimits(now: () => number) {
  const buckets = new Map<string, Bucket>();
  return {
    /** Undefined if the request, which counts as `cost` requests, may pass; else the seconds after which it may. */
    refuse(endpointId: string, { requests, perMs }: RateLimit, cost = 1): number | undefined {
      const at = now();
      const before = buckets.get(endpointId) ?? { tokens: requests, at };
      const filled = (Math.max(0, at - before.at) * requests) / perMs;
      const tokens = Math.min(requests, before.tokens + filled);
      const passes = tokens >= cost;
      buckets.delete(endpointId);
      buckets.set(endpointId, { tokens: passes ? tokens - cost : tokens, at });
      const [idlest] = buckets.keys();
      if (buckets.size > endpointsKept && idlest !== undefined) buckets.delete(idlest);
      return passes ? undefined : Math.max(1, Math.ceil(((cost - tokens) * perMs) / requests / 1_000));
    },
  };
}
