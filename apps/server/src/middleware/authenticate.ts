import { type Role, type Scope, scopesOf } from "@millrace/contract";
import type { ApiKeyRepository, WorkspaceRepository } from "@millrace/db";
import { fromNodeHeaders } from "better-auth/node";
import type { Request, Response } from "express";
import type { Auth, SignedInUser } from "../auth/create-auth.ts";
import { HttpProblem } from "./http-problem.ts";
import { isBearer } from "./refuse-cross-site.ts";

export type Actor = { kind: "user"; user: SignedInUser } | { kind: "apiKey"; apiKeyId: string };

/** Who asks, for which workspace, and what they may do. */
export type Caller = {
  workspaceId: string;
  actor: Actor;
  /** Null for API keys: they have scopes only. */
  role: Role | null;
  scopes: readonly Scope[];
};

export type AuthenticationServices = {
  auth: Pick<Auth, "findSession">;
  apiKeys: Pick<ApiKeyRepository, "findByKey">;
  workspaces: Pick<WorkspaceRepository, "findForUser">;
};

export type Authenticate = (request: Request, response: Response) => Promise<Caller | undefined>;

/** Reads the API key or the session cookie. A key that is wrong is an error, and no cookie makes up for it. */
export function createAuthenticate({ auth, apiKeys, workspaces }: AuthenticationServices): Authenticate {
  return async (request, response) => {
    if (isBearer(request)) {
      const plain = (request.headers.authorization ?? "").slice("bearer ".length).trim();
      const key = await apiKeys.findByKey(plain);
      if (!key) throw unauthenticated("This API key is unknown, revoked or expired.");
      return {
        workspaceId: key.workspaceId,
        actor: { kind: "apiKey", apiKeyId: key.id },
        role: null,
        scopes: key.scopes,
      };
    }
    if (request.headers.authorization !== undefined) throw unauthenticated("Send Authorization: Bearer <API key>.");
    if (request.headers.cookie === undefined) return undefined;
    const found = await auth.findSession(fromNodeHeaders(request.headers));
    if (!found) return undefined;
    const membership = await workspaces.findForUser(found.user.id);
    if (!membership) throw new HttpProblem(403, "forbidden", "You belong to no workspace any more.");
    if (!response.headersSent && found.setCookies.length > 0) response.append("set-cookie", found.setCookies);
    const { workspace, role } = membership;
    return { workspaceId: workspace.id, actor: { kind: "user", user: found.user }, role, scopes: scopesOf[role] };
  };
}

export function unauthenticated(detail: string): HttpProblem {
  return new HttpProblem(401, "unauthenticated", detail, { headers: { "www-authenticate": "Bearer" } });
}

/** Throws unless the caller may do this. */
export function allow(caller: Caller | undefined, scope: Scope | "signedIn"): Caller {
  if (!caller) throw unauthenticated("Sign in, or send an API key.");
  if (scope === "signedIn" || caller.scopes.includes(scope)) return caller;
  const who = caller.role === null ? "This API key" : `The role ${caller.role}`;
  throw new HttpProblem(403, "forbidden", `${who} lacks the scope ${scope}.`);
}
