import { endpoints } from "@millrace/contract";
import { fromNodeHeaders } from "better-auth/node";
import { createOwner } from "../../auth/create-owner.ts";
import { HttpProblem, invalidRequest } from "../../middleware/http-problem.ts";
import { createRateLimit } from "../../middleware/limit-rate.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

const quarterHourMs = 900_000;
const wrongCredentials = "E-mail address or password is wrong.";

export function accountRoutes({ route, publicRoute }: Routes, services: ApiServices): void {
  const { auth, setup } = services;
  const byAddress = createRateLimit({ windowMs: quarterHourMs, limit: 50 });
  const byAccount = createRateLimit({
    windowMs: quarterHourMs,
    limit: 10,
    keyOf: (request) => `account ${emailIn(request.body)}`,
  });

  route(endpoints.account.me, async ({ caller }) => {
    const { actor, role, scopes, workspaceId } = caller;
    const workspace = await services.workspaces.get(workspaceId);
    return {
      user: actor.kind === "user" ? actor.user : null,
      apiKey: actor.kind === "apiKey" ? { id: actor.apiKeyId } : null,
      workspace: { id: workspace.id, name: workspace.name },
      role,
      scopes: [...scopes],
    };
  });

  publicRoute(endpoints.account.setupStatus, async () => ({ pending: await setup.isPending() }));

  publicRoute(endpoints.account.setup, async ({ input, request, response }) => {
    await byAddress(request, response);
    const { token, name, email, password, workspaceName } = input;
    if (!(await setup.isPending()))
      throw new HttpProblem(409, "setup_done", "The owner exists already. Sign in instead.");
    const isRight = await setup.consume(token, async () => {
      await createOwner(services, { name, email, password, workspaceName });
    });
    if (!isRight) {
      const detail = "This setup link is not valid. Use the latest one that the server printed when it started.";
      throw new HttpProblem(403, "setup_token_rejected", detail);
    }
    response.append("set-cookie", (await auth.signIn({ email, password }, fromNodeHeaders(request.headers))) ?? []);
  });

  publicRoute(endpoints.account.signIn, async ({ input, request, response }) => {
    await byAddress(request, response);
    await byAccount(request, response);
    const cookies = await auth.signIn(input, fromNodeHeaders(request.headers));
    if (!cookies) throw new HttpProblem(401, "sign_in_rejected", wrongCredentials);
    response.append("set-cookie", cookies);
  });

  publicRoute(endpoints.account.signOut, async ({ request, response }) => {
    response.append("set-cookie", await auth.signOut(fromNodeHeaders(request.headers)));
  });

  route(endpoints.account.changePassword, async ({ input, caller, request, response }) => {
    if (caller.actor.kind !== "user") throw new HttpProblem(403, "forbidden", "An API key has no password.");
    await byAddress(request, response);
    const cookies = await auth.changePassword(input, fromNodeHeaders(request.headers));
    if (!cookies) throw invalidRequest([{ path: "currentPassword", message: "This is not the current password." }]);
    response.append("set-cookie", cookies);
  });
}

/** The body is still text here, and was parsed before. */
function emailIn(body: unknown): string {
  const match = typeof body === "string" ? /"email"\s*:\s*"([^"]{1,254})"/.exec(body) : null;
  return (match?.[1] ?? "").toLowerCase();
}
