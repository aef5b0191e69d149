import { isId, newId } from "@millrace/base";
import type { PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import { Conflict } from "./conflict.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";

export const memberRoles = ["owner", "editor", "operator", "viewer"] as const;
export type MemberRole = (typeof memberRoles)[number];

export type Workspace = {
  id: string;
  name: string;
  /** How many of its runs execute at once; null: the installation's default. */
  maxRunningRuns: number | null;
  createdAt: Date;
};
export type Membership = { workspace: Workspace; userId: string; role: MemberRole };

export function createWorkspaceRepository(prisma: PrismaClient) {
  return {
    async createWithOwner({ userId, name }: { userId: string; name: string }): Promise<Workspace> {
      return prisma.workspace.create({
        data: { id: newId("workspace"), name: storedText(name), members: { create: { userId, role: "owner" } } },
        select: shown,
      });
    },

    /** A workspace that nobody owns yet: the first start makes it, so that there is something to see. */
    async create({ name }: { name: string }): Promise<Workspace> {
      return prisma.workspace.create({ data: { id: newId("workspace"), name: storedText(name) }, select: shown });
    },

    /** Gives a workspace that nobody owns its name and its owner. Throws Conflict where it has one, NotFound where there is none. */
    async addOwner(owner: { workspaceId: string; userId: string; name: string }): Promise<Workspace> {
      const { workspaceId, userId, name } = owner;
      return prisma.$transaction(async (tx) => {
        const rows = await tx.$queryRaw<
          { id: string }[]
        >`SELECT id FROM workspaces WHERE id = ${workspaceId} FOR UPDATE`;
        if (rows.length === 0) throw new NotFound("workspace", workspaceId);
        const existing = await tx.member.findFirst({ where: { workspaceId, role: "owner" }, select: { userId: true } });
        if (existing) throw new Conflict("This workspace has an owner already.");
        await tx.member.create({ data: { workspaceId, userId, role: "owner" } });
        return tx.workspace.update({ where: { id: workspaceId }, data: { name: storedText(name) }, select: shown });
      });
    },

    /** Throws NotFound. */
    async get(workspaceId: string): Promise<Workspace> {
      const workspace = await prisma.workspace.findUnique({ where: { id: workspaceId }, select: shown });
      if (!workspace) throw new NotFound("workspace", workspaceId);
      return workspace;
    },

    /** How many runs execute at once, from the next claim on; those that run already go on. Throws NotFound. */
    async setMaxRunningRuns(limit: { workspaceId: string; maxRunningRuns: number | null }): Promise<void> {
      const { workspaceId, maxRunningRuns } = limit;
      const { count } = await prisma.workspace.updateMany({ where: { id: workspaceId }, data: { maxRunningRuns } });
      if (count === 0) throw new NotFound("workspace", workspaceId);
    },

    /** The workspace that the user joined first. */
    async findForUser(userId: string): Promise<Membership | undefined> {
      const member = await prisma.member.findFirst({
        where: { userId },
        orderBy: [{ createdAt: "asc" }, { workspaceId: "asc" }],
        select: { role: true, workspace: { select: shown } },
      });
      return member ? { workspace: member.workspace, userId, role: toRole(member.role) } : undefined;
    },

    /** Every workspace of the installation, oldest first: for the server itself, never for an answer to a tenant. */
    async list({ cursor, limit }: PageRequest = {}): Promise<Page<Workspace>> {
      if (cursor !== undefined && !isId("workspace", cursor)) throw new InvalidCursor();
      const size = pageSize(limit);
      const rows = await prisma.workspace.findMany({
        ...(cursor !== undefined && { where: { id: { gt: cursor } } }),
        orderBy: { id: "asc" },
        take: size + 1,
        select: shown,
      });
      return toPage(
        rows,
        size,
        (row) => row,
        (row) => row.id,
      );
    },
  };
}

export type WorkspaceRepository = ReturnType<typeof createWorkspaceRepository>;

const shown = { id: true, name: true, maxRunningRuns: true, createdAt: true } as const;

/** A role that this release doesn't know gets the fewest rights. */
function toRole(text: string): MemberRole {
  return memberRoles.find((role) => role === text) ?? "viewer";
}
