import { parseDurationMs } from "@millrace/base";
import { endpoints } from "@millrace/contract";
import { invalidRequest } from "../../middleware/http-problem.ts";
import { presentEntry, presentEntrySummary } from "../../present/key-value.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function keyValueRoutes({ route }: Routes, { keyValues }: ApiServices): void {
  route(endpoints.keyvalue.list, async ({ input, caller }) => {
    const page = await keyValues.list({ workspaceId: caller.workspaceId, ...input });
    return { ...page, items: page.items.map(presentEntrySummary) };
  });

  route(endpoints.keyvalue.get, async ({ input, caller }) =>
    presentEntry(await keyValues.get(caller.workspaceId, input.key)),
  );

  route(endpoints.keyvalue.put, async ({ input, caller }) => {
    const { key, value, expiresIn } = input;
    const expiresInMs = expiresIn === undefined ? undefined : parseDurationMs(expiresIn);
    if (expiresInMs === 0) throw invalidRequest([{ path: "expiresIn", message: "expected a duration above zero" }]);
    return presentEntry(await keyValues.set({ workspaceId: caller.workspaceId, key, value, expiresInMs }));
  });

  route(endpoints.keyvalue.delete, async ({ input, caller }) => {
    await keyValues.remove(caller.workspaceId, input.key);
  });
}
