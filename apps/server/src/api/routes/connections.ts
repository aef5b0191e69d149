import { Failure } from "@millrace/base";
import { type ConnectionVerdict, checkConnection } from "@millrace/connector-kit";
import { type ConnectionTest, endpoints } from "@millrace/contract";
import type { Connection as StoredConnection } from "@millrace/db";
import { HttpProblem } from "../../middleware/http-problem.ts";
import { presentConnection, presentConnectionDetail } from "../../present/connection.ts";
import { presentFailure } from "../../present/failure.ts";
import { checkCredential, getConnectable, plainFieldsOf } from "../credential-input.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function connectionRoutes({ route }: Routes, services: ApiServices): void {
  const { connections, credentials, registry, egress } = services;

  const presentWithUses = async (workspaceId: string, connection: StoredConnection) =>
    presentConnectionDetail(connection, await connections.whereUsed(workspaceId, connection.id));

  /** The stored fields; none if the vault can't open them, so that a credential can be entered anew. */
  const openFields = async (workspaceId: string, { connectorId, name }: StoredConnection) => {
    try {
      return (await credentials.open(workspaceId, connectorId, name)).fields;
    } catch (error) {
      if (error instanceof Failure && error.code === "connection_missing") return {};
      throw error;
    }
  };

  route(endpoints.connections.list, async ({ input, caller }) => {
    const { connector: connectorId, ...rest } = input;
    const page = await connections.list({ workspaceId: caller.workspaceId, connectorId, ...rest });
    return { ...page, items: page.items.map(presentConnection) };
  });

  route(endpoints.connections.create, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const connector = getConnectable(registry, input.connector);
    checkCredential(connector, input.fields);
    const created = await connections.create({
      workspaceId,
      connectorId: connector.id,
      name: input.name,
      credential: input.fields,
      plainFields: plainFieldsOf(connector),
    });
    return presentWithUses(workspaceId, created);
  });

  route(endpoints.connections.testUnsaved, async ({ input }) => {
    const connector = getConnectable(registry, input.connector);
    checkCredential(connector, input.fields);
    return presentVerdict(await checkConnection(connector, input.fields, egress));
  });

  route(endpoints.connections.get, async ({ input, caller }) =>
    presentWithUses(caller.workspaceId, await connections.get(caller.workspaceId, input.connectionId)),
  );

  route(endpoints.connections.update, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const { connectionId: id, name, fields } = input;
    const stored = await connections.get(workspaceId, id);
    if (fields !== undefined) {
      const connector = getConnectable(registry, stored.connectorId);
      checkCredential(connector, { ...(await openFields(workspaceId, stored)), ...fields });
      await connections.updateCredential({
        workspaceId,
        id,
        credential: fields,
        plainFields: plainFieldsOf(connector),
      });
    }
    if (name !== undefined && name !== stored.name) await connections.rename({ workspaceId, id, name });
    return presentWithUses(workspaceId, await connections.get(workspaceId, id));
  });

  route(endpoints.connections.delete, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const uses = await connections.whereUsed(workspaceId, input.connectionId);
    if (uses.length > 0 && input.force !== "true") {
      const names = uses.map(({ name }) => name).join(", ");
      throw new HttpProblem(
        409,
        "connection_in_use",
        `These automations use it: ${names}. Pass force=true to delete it anyway.`,
      );
    }
    await connections.remove(workspaceId, input.connectionId);
  });

  route(endpoints.connections.test, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const { id, version, connectorId, name } = await connections.get(workspaceId, input.connectionId);
    const connector = getConnectable(registry, connectorId);
    const { fields } = await credentials.open(workspaceId, connectorId, name);
    const verdict = await checkConnection(connector, fields, egress);
    const outcome = verdict.ok
      ? { status: "ok" as const, account: verdict.account ?? null }
      : { status: "failing" as const, failure: verdict.failure.toRecord() };
    await connections.setHealth({ workspaceId, id, version, outcome });
    return presentVerdict(verdict);
  });
}

function presentVerdict(verdict: ConnectionVerdict): ConnectionTest {
  if (verdict.ok) return { ok: true, account: verdict.account ?? null };
  return { ok: false, failure: presentFailure(verdict.failure.toRecord()) };
}
