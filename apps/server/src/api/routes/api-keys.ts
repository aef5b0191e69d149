import { endpoints } from "@millrace/contract";
import { HttpProblem } from "../../middleware/http-problem.ts";
import { presentApiKey } from "../../present/api-key.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

const dayMs = 86_400_000;

export function apiKeyRoutes({ route }: Routes, { apiKeys, clock }: ApiServices): void {
  route(endpoints.apiKeys.list, async ({ input, caller }) => {
    const page = await apiKeys.list({ workspaceId: caller.workspaceId, ...input });
    return { ...page, items: page.items.map(presentApiKey) };
  });

  route(endpoints.apiKeys.create, async ({ input, caller }) => {
    const beyond = input.scopes.filter((scope) => !caller.scopes.includes(scope));
    if (beyond.length > 0) {
      throw new HttpProblem(403, "forbidden", `You can't hand out scopes that you lack: ${beyond.join(", ")}.`);
    }
    const { expiresInDays } = input;
    const { plain, ...apiKey } = await apiKeys.create({
      workspaceId: caller.workspaceId,
      name: input.name,
      scopes: [...new Set(input.scopes)],
      createdBy: caller.actor.kind === "user" ? caller.actor.user.id : null,
      expiresAt: expiresInDays === undefined ? undefined : new Date(clock.now().getTime() + expiresInDays * dayMs),
    });
    return { apiKey: presentApiKey(apiKey), key: plain };
  });

  route(endpoints.apiKeys.revoke, async ({ input, caller }) => {
    await apiKeys.revoke(caller.workspaceId, input.apiKeyId);
  });
}
