import { endpoints } from "@millrace/contract";
import type { VersionSummary } from "@millrace/db";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function versionRoutes({ route }: Routes, { versions, auth }: ApiServices): void {
  const present = async ({ id, number, publishedAt, publishedBy }: VersionSummary) => ({
    id,
    number,
    publishedAt: publishedAt.toISOString(),
    publishedBy: publishedBy === null ? null : ((await auth.findUserName(publishedBy)) ?? null),
  });

  route(endpoints.versions.list, async ({ input, caller }) => {
    const page = await versions.listVersions({ workspaceId: caller.workspaceId, ...input });
    return { ...page, items: await Promise.all(page.items.map(present)) };
  });

  route(endpoints.versions.get, async ({ input, caller }) => {
    const version = await versions.getVersion(caller.workspaceId, input.automationId, input.number);
    return { ...(await present(version)), definition: version.definition };
  });
}
