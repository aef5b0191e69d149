/** What an API key may be allowed to do. */
export const apiKeyScopes = [
  "automations:read",
  "automations:write",
  "runs:read",
  "runs:write",
  "connections:read",
  "connections:write",
  "keyvalue:read",
  "keyvalue:write",
  "deliveries:read",
  "keys:write",
  "workspace:write",
] as const;

export type ApiKeyScope = (typeof apiKeyScopes)[number];
