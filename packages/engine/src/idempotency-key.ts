import { createHash } from "node:crypto";

/**
 * The same for every attempt of one step of one event, retries of the run included, so that a provider that honors it
 * does the work once. 40 characters, safe in a header.
 */
export function idempotencyKey(originRunId: string, path: string): string {
  const digest = createHash("sha256").update(`${originRunId}\n${path}`).digest("hex");
  return `millrace-${digest.slice(0, 31)}`;
}
