import { type Clock, systemClock } from "@millrace/base";
import type { PrismaClient } from "@millrace/db";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { betterAuth } from "better-auth/minimal";
import { hashPassword, verifyPassword } from "./password-hash.ts";

export type AuthOptions = {
  prisma: PrismaClient;
  /** 32 random bytes or more, as text. Cookies are signed with it. */
  secret: string;
  publicUrl: string;
  clock?: Clock;
};

const idleSeconds = 12 * 3_600;
const refreshSeconds = 600;
const longestSessionMs = 7 * 86_400_000;

export type SignedInUser = { id: string; name: string; email: string };

/** What the rest of the server may know of better-auth. */
export interface Auth {
  /** Who the session cookie belongs to; undefined if there is none, or if it is over. */
  findSession(headers: Headers): Promise<{ user: SignedInUser; setCookies: string[] } | undefined>;
  /** The cookies of the new session; undefined if e-mail address or password is wrong. */
  signIn(credentials: { email: string; password: string }, headers: Headers): Promise<string[] | undefined>;
  signOut(headers: Headers): Promise<string[]>;
  /** The cookies of the new session; undefined if the current password is wrong. Every other session ends. */
  changePassword(
    change: { currentPassword: string; newPassword: string },
    headers: Headers,
  ): Promise<string[] | undefined>;
  /** Throws EmailTaken. */
  createUser(user: { email: string; name: string; password: string }): Promise<{ id: string }>;
  deleteUser(userId: string): Promise<void>;
  findUserName(userId: string): Promise<string | undefined>;
}

export class EmailTaken extends Error {
  constructor() {
    super("There is a user with this e-mail address already.");
    this.name = "EmailTaken";
  }
}

/**
 * Users and sessions. Nobody signs up: the owner is created by the setup. Sessions end after 12 idle hours, and after
 * seven days in any case. Rate limits and the check of the origin are the server's own, which knows the real address.
 */
export function createAuth({ prisma, secret, publicUrl, clock = systemClock }: AuthOptions): Auth {
  const auth = betterAuth({
    appName: "Millrace",
    secret,
    baseURL: publicUrl,
    basePath: "/api/auth",
    trustedOrigins: [new URL(publicUrl).origin],
    database: prismaAdapter(prisma, { provider: "postgresql" }),
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 128,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    session: { expiresIn: idleSeconds, updateAge: refreshSeconds, freshAge: 0 },
    advanced: {
      cookiePrefix: "millrace",
      useSecureCookies: publicUrl.startsWith("https://"),
      disableOriginCheck: true,
      ipAddress: { disableIpTracking: true },
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", path: "/" },
    },
  });

  return {
    async findSession(headers) {
      const { response, headers: answered } = await auth.api.getSession({ headers, returnHeaders: true });
      if (!response) return undefined;
      const { session, user } = response;
      const startedAt = session.createdAt;
      if (clock.now().getTime() - startedAt.getTime() > longestSessionMs) {
        await (await auth.$context).internalAdapter.deleteSession(session.token);
        return undefined;
      }
      const { id, name, email } = user;
      return { user: { id, name, email }, setCookies: answered.getSetCookie() };
    },
    async signIn(body, headers) {
      const answer = await auth.api.signInEmail({ body, headers, asResponse: true });
      return cookiesUnlessRefused(answer);
    },
    async signOut(headers) {
      const answer = await auth.api.signOut({ headers, asResponse: true });
      return answer.headers.getSetCookie();
    },
    async changePassword(body, headers) {
      const answer = await auth.api.changePassword({
        body: { ...body, revokeOtherSessions: true },
        headers,
        asResponse: true,
      });
      return cookiesUnlessRefused(answer);
    },
    async createUser({ email, name, password }) {
      const { internalAdapter } = await auth.$context;
      const address = email.toLowerCase();
      if (await internalAdapter.findUserByEmail(address)) throw new EmailTaken();
      const source = { method: "email-password" } as const;
      const user = await internalAdapter.createUser({ email: address, name, emailVerified: true }, source);
      const hash = await hashPassword(password);
      await internalAdapter.linkAccount({
        userId: user.id,
        providerId: "credential",
        accountId: user.id,
        password: hash,
      });
      return { id: user.id };
    },
    async deleteUser(userId) {
      await (await auth.$context).internalAdapter.deleteUser(userId);
    },
    async findUserName(userId) {
      return (await (await auth.$context).internalAdapter.findUserById(userId))?.name;
    },
  };
}

/** better-auth answers 400 and 401 where a credential is wrong; anything else that is no success is a fault. */
function cookiesUnlessRefused(answer: Response): string[] | undefined {
  if (answer.ok) return answer.headers.getSetCookie();
  if (answer.status === 400 || answer.status === 401) return undefined;
  throw new Error(`The authentication answered ${answer.status}.`);
}
