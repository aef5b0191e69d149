import type { Definition } from "@millrace/automation";
import { type Clock, newId, systemClock } from "@millrace/base";
import type { Vault } from "@millrace/vault";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import { listAutomations } from "./automation-list.ts";
import { Conflict } from "./conflict.ts";
import { readJson } from "./json-column.ts";
import { NotFound } from "./not-found.ts";
import { mintEndpoint } from "./webhook-endpoint.ts";

export type Automation = {
  id: string;
  workspaceId: string;
  /** The draft's name. */
  name: string;
  enabled: boolean;
  draft: Definition;
  /** Rises with each save; `saveDraft` wants the one that was read. */
  draftRevision: number;
  published: { versionId: string; number: number; publishedAt: Date } | null;
  hasUnpublishedChanges: boolean;
  createdAt: Date;
  updatedAt: Date;
};

type Named = { workspaceId: string; id: string };

/** The automations of a workspace and their drafts. Removed ones are invisible here; their runs stay. */
export function createAutomationRepository(prisma: PrismaClient, vault: Vault, clock: Clock = systemClock) {
  const find = async (where: Prisma.AutomationWhereInput): Promise<Automation[]> => {
    const rows = await prisma.automation.findMany({ where: { ...where, deletedAt: null }, take: 2 });
    return Promise.all(rows.map((row) => withPublished(prisma, row)));
  };

  const get = async (workspaceId: string, id: string): Promise<Automation> => {
    const [found] = await find({ id, workspaceId });
    if (!found) throw new NotFound("automation", id);
    return found;
  };

  return {
    /** A draft with its webhook URL, which exists from now on; requests start runs once a version is published. */
    async create(draft: {
      workspaceId: string;
      definition: Definition;
    }): Promise<{ automation: Automation; webhookToken: string }> {
      const { workspaceId, definition } = draft;
      const id = newId("automation");
      const { token, row } = mintEndpoint(vault, workspaceId, id);
      const [automation] = await prisma.$transaction([
        prisma.automation.create({ data: { id, workspaceId, ...draftColumns(definition) } }),
        prisma.endpoint.create({ data: row }),
      ]);
      return { automation: present(automation, null), webhookToken: token };
    },

    list: listAutomations(prisma, clock),
    get,

    /** Names need not be unique: throws Conflict, with the ids, where several automations have this one. */
    async findByName(workspaceId: string, name: string): Promise<Automation | undefined> {
      const found = await find({ workspaceId, name: storedText(name) });
      if (found.length < 2) return found[0];
      throw new Conflict(`Several automations are called "${name}". Rename one of them, or name one by its id.`, {
        ids: found.map((automation) => automation.id),
      });
    },

    /** Throws Conflict with the current revision if someone else saved since `expectedRevision` was read. */
    async saveDraft(save: Named & { definition: Definition; expectedRevision: number }): Promise<Automation> {
      const { workspaceId, id, definition, expectedRevision } = save;
      const [saved] = await prisma.automation.updateManyAndReturn({
        where: { id, workspaceId, deletedAt: null, draftRevision: expectedRevision },
        data: { ...draftColumns(definition), draftRevision: { increment: 1 } },
      });
      if (saved) return withPublished(prisma, saved);
      const { draftRevision } = await get(workspaceId, id);
      throw new Conflict("Someone else saved this draft in the meantime. Load it again and repeat your change.", {
        currentRevision: draftRevision,
      });
    },

    async setEnabled({ workspaceId, id, enabled }: Named & { enabled: boolean }): Promise<void> {
      const where = { id, workspaceId, deletedAt: null };
      const { count } = await prisma.automation.updateMany({ where, data: { enabled } });
      if (count === 0) throw new NotFound("automation", id);
    },

    /** Its URL stops working; versions stay for the runs that are pinned to them. */
    async remove(workspaceId: string, id: string): Promise<void> {
      const where = { id, workspaceId, deletedAt: null };
      const { count } = await prisma.automation.updateMany({ where, data: { deletedAt: clock.now(), enabled: false } });
      if (count === 0) throw new NotFound("automation", id);
    },
  };
}

export type AutomationRepository = ReturnType<typeof createAutomationRepository>;

type AutomationRow = Prisma.AutomationGetPayload<object>;
type VersionRow = Prisma.VersionGetPayload<object>;

async function withPublished(prisma: PrismaClient, row: AutomationRow): Promise<Automation> {
  if (row.publishedVersionId === null) return present(row, null);
  const where = { id: row.publishedVersionId, workspaceId: row.workspaceId };
  return present(row, await prisma.version.findFirst({ where }));
}

function present(row: AutomationRow, version: VersionRow | null): Automation {
  const { id, workspaceId, name, enabled, draftJson, draftRevision, createdAt, updatedAt } = row;
  return {
    ...{ id, workspaceId, name, enabled, draftRevision, createdAt, updatedAt },
    draft: readJson(draftJson),
    published: version && { versionId: version.id, number: version.number, publishedAt: version.publishedAt },
    hasUnpublishedChanges: version?.definitionJson !== draftJson,
  };
}

function draftColumns(definition: Definition) {
  return { name: storedText(definition.name), draftJson: JSON.stringify(definition) };
}
