import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { email, idOf, nameText, nothing } from "../fields.ts";
import { roleSchema, scopeSchema } from "../scope.ts";

export const meSchema = z
  .object({
    user: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
    apiKey: z.object({ id: idOf("apiKey") }).nullable(),
    workspace: z.object({ id: idOf("workspace"), name: z.string() }),
    role: roleSchema.nullable().meta({ description: "Null for API keys: they have scopes only." }),
    scopes: z.array(scopeSchema),
  })
  .meta({ id: "Me" });
export type Me = z.output<typeof meSchema>;

export const shortestPassword = 10;

const password = z
  .string()
  .min(shortestPassword, `expected at least ${shortestPassword} characters`)
  .max(128, "expected at most 128 characters");

const setupBody = z.strictObject({
  token: z.string().min(1).max(200).meta({ description: "From the link that the first start printed." }),
  name: nameText,
  email,
  password,
  workspaceName: nameText,
});

export const account = {
  me: {
    method: "get",
    path: "/me",
    summary: "Who is asking",
    scope: "signedIn",
    answer: { status: 200, description: "The user or API key, its workspace and what it may do.", schema: meSchema },
  },
  setupStatus: {
    method: "get",
    path: "/setup",
    summary: "Whether the owner is still to be created",
    scope: "public",
    answer: { status: 200, description: "The state of the setup.", schema: z.object({ pending: z.boolean() }) },
  },
  setup: {
    method: "post",
    path: "/setup",
    summary: "Create the owner and the workspace",
    description: "Works once, with the token of the setup link. The answer signs the owner in.",
    scope: "public",
    body: setupBody,
    answer: { status: 204, description: "Created; the session cookie is set.", schema: nothing },
    problems: [409],
  },
  signIn: {
    method: "post",
    path: "/auth/sign-in/email",
    summary: "Sign in",
    scope: "public",
    body: z.strictObject({ email, password: z.string().min(1).max(128) }),
    answer: { status: 204, description: "Signed in; the session cookie is set.", schema: nothing },
    problems: [401],
  },
  signOut: {
    method: "post",
    path: "/auth/sign-out",
    summary: "Sign out",
    scope: "public",
    answer: { status: 204, description: "Signed out; the session is gone.", schema: nothing },
  },
  changePassword: {
    method: "post",
    path: "/auth/change-password",
    summary: "Change the password and sign out everywhere else",
    scope: "signedIn",
    body: z.strictObject({ currentPassword: z.string().min(1).max(128), newPassword: password }),
    answer: { status: 204, description: "Changed; the session cookie is new.", schema: nothing },
  },
} satisfies Record<string, Endpoint>;
