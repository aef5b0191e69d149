import { newId } from "@millrace/base";
import type { Vault } from "@millrace/vault";
import type { Prisma } from "../generated/client.ts";
import { readJson } from "./json-column.ts";
import { randomToken } from "./random-token.ts";
import { sha256 } from "./sha256.ts";

const tokenBytes = 24;

/** A new webhook URL's token, and the row that knows it by hash and, sealed, in full. */
export function mintEndpoint(
  vault: Vault,
  workspaceId: string,
  automationId: string,
): { token: string; row: Prisma.EndpointCreateManyInput } {
  const id = newId("endpoint");
  const token = randomToken(tokenBytes);
  const sealedToken = JSON.stringify(vault.seal(ownerOf(workspaceId, id), { token }));
  return { token, row: { id, workspaceId, automationId, tokenHash: sha256(token), sealedToken } };
}

/** Throws VaultError if the row was altered or its key is gone. */
export function openToken(vault: Vault, row: { id: string; workspaceId: string; sealedToken: string }): string {
  return vault.unseal(ownerOf(row.workspaceId, row.id), readJson(row.sealedToken)).token ?? "";
}

function ownerOf(workspaceId: string, endpointId: string) {
  return { workspaceId, connectionId: endpointId, version: 1 };
}
