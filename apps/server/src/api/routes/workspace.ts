import { endpoints, type WorkspaceView } from "@millrace/contract";
import type { Workspace } from "@millrace/db";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function workspaceRoutes({ route }: Routes, services: ApiServices): void {
  const { workspaces, defaultMaxRunning } = services;
  const present = ({ id, name, maxRunningRuns }: Workspace): WorkspaceView => ({
    ...{ id, name, maxRunningRuns },
    defaultMaxRunningRuns: defaultMaxRunning,
  });

  route(endpoints.workspace.get, async ({ caller: { workspaceId } }) => present(await workspaces.get(workspaceId)));

  route(endpoints.workspace.setLimits, async ({ caller: { workspaceId }, input: { maxRunningRuns } }) => {
    await workspaces.setMaxRunningRuns({ workspaceId, maxRunningRuns });
    return present(await workspaces.get(workspaceId));
  });
}
