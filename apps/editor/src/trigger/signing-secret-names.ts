import { signingSecretConnectorId } from "@millrace/automation";
import type { ConnectionSummary } from "@millrace/contract";

/** The keyvault's entries that a trigger's verification can name. */
export function signingSecretNames(connections: readonly ConnectionSummary[] | undefined): string[] {
  return (connections ?? []).filter(({ connector }) => connector === signingSecretConnectorId).map(({ name }) => name);
}
