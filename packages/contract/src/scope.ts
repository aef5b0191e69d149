import { z } from "zod";

export const scopes = [
  "automations:read",
  "automations:write",
  "runs:read",
  "runs:write",
  "deliveries:read",
  "connections:read",
  "connections:write",
  "keyvalue:read",
  "keyvalue:write",
  "keys:write",
  "workspace:write",
] as const;
export type Scope = (typeof scopes)[number];
export const scopeSchema = z.enum(scopes).meta({ id: "Scope" });

export const roles = ["owner", "editor", "operator", "viewer"] as const;
export type Role = (typeof roles)[number];
export const roleSchema = z.enum(roles).meta({ id: "Role" });

const viewer: readonly Scope[] = [
  "automations:read",
  "runs:read",
  "deliveries:read",
  "connections:read",
  "keyvalue:read",
];
const operator: readonly Scope[] = [...viewer, "runs:write", "keyvalue:write"];
const editor: readonly Scope[] = [...operator, "automations:write", "connections:write"];

/** Viewers look, operators run things, editors change them, owners also hand out keys and set the workspace's limits. */
export const scopesOf: Record<Role, readonly Scope[]> = { viewer, operator, editor, owner: scopes };
