import { signingSecretConnectorId } from "@millrace/automation";
import { createVault, type KeyRing, type Vault } from "@millrace/vault";

/** Signing secrets of webhooks are sealed under keys of their own, the only ones that an ingress process holds. */
export type ConnectionVaults = { credentials: Vault; signingSecrets: Vault };

export const openVaults = (ring: KeyRing): ConnectionVaults => ({
  credentials: createVault(ring),
  signingSecrets: createVault(ring, "ingress-secrets/v1"),
});

export const vaultFor = (vaults: ConnectionVaults, connectorId: string): Vault =>
  connectorId === signingSecretConnectorId ? vaults.signingSecrets : vaults.credentials;
