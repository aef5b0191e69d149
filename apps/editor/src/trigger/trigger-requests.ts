import { type WebhookMethod, type WebhookTrigger, webhookDefaults, webhookMethods } from "@millrace/automation";
import { sizeText } from "./byte-size.ts";

type Requests = Pick<WebhookTrigger, "methods" | "maxBodyBytes" | "rateLimit">;

/** Methods as the definition holds them: in one order, and nothing where they are the default's. */
export function methodsOf(chosen: readonly string[]): WebhookMethod[] | undefined {
  const methods = webhookMethods.filter((method) => chosen.includes(method));
  const isDefault = webhookMethods.every(
    (method) => methods.includes(method) === webhookDefaults.methods.includes(method),
  );
  return isDefault ? undefined : methods;
}

export const bodyLimitOf = (bytes: number | undefined): number | undefined =>
  bytes === webhookDefaults.maxBodyBytes ? undefined : bytes;

/** The closed fold's note. */
export function requestsNote({ methods, maxBodyBytes, rateLimit }: Requests): string {
  return [
    (methods ?? webhookDefaults.methods).join(", ") || "no method",
    `up to ${sizeText(maxBodyBytes ?? webhookDefaults.maxBodyBytes)}`,
    rateLimit && `${rateLimit.requests} per ${rateLimit.per}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
