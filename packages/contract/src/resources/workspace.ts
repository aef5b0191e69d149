import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf } from "../fields.ts";

export const workspaceSchema = z
  .object({
    id: idOf("workspace"),
    name: z.string(),
    maxRunningRuns: z
      .int()
      .nullable()
      .meta({ description: "How many of its runs execute at once; null: the installation's default." }),
    defaultMaxRunningRuns: z
      .int()
      .nullable()
      .meta({ description: "What holds where maxRunningRuns is null; null: no limit." }),
  })
  .meta({ id: "Workspace" });
export type WorkspaceView = z.output<typeof workspaceSchema>;

export const workspace = {
  get: {
    method: "get",
    path: "/workspace",
    summary: "Get the workspace and its limits",
    scope: "signedIn",
    answer: { status: 200, description: "The workspace.", schema: workspaceSchema },
  },
  setLimits: {
    method: "put",
    path: "/workspace/limits",
    summary: "Set the workspace's limits",
    description: "They hold from the next run that is started; those that run already go on.",
    scope: "workspace:write",
    body: z.strictObject({ maxRunningRuns: z.int().min(1).max(100_000).nullable() }),
    answer: { status: 200, description: "The workspace as it is now.", schema: workspaceSchema },
  },
} satisfies Record<string, Endpoint>;
