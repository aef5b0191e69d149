import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Conflict } from "./conflict.ts";
import { NotFound } from "./not-found.ts";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

test("who creates a workspace owns it", async () => {
  const userId = await repositories.newUser();
  const workspace = await repositories.workspaces.createWithOwner({ userId, name: "Home" });
  expect(await repositories.workspaces.findForUser(userId)).toEqual({ workspace, userId, role: "owner" });
});

test("a workspace that nobody owns gets one owner, whoever comes at once", async () => {
  const { id: workspaceId } = await repositories.workspaces.create({ name: "Samples" });
  const users = await Promise.all([repositories.newUser(), repositories.newUser(), repositories.newUser()]);
  const outcomes = await Promise.allSettled(
    users.map((userId) => repositories.workspaces.addOwner({ workspaceId, userId, name: "Home" })),
  );
  const added = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(added).toMatchObject([{ id: workspaceId, name: "Home" }]);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(Conflict);
  }
  const nowhere = repositories.workspaces.addOwner({ workspaceId: "ws_x", userId: users[0] ?? "", name: "Home" });
  await expect(nowhere).rejects.toThrow(NotFound);
});

test("a user without a workspace has no membership", async () => {
  expect(await repositories.workspaces.findForUser(await repositories.newUser())).toBeUndefined();
});

test("pages show each workspace once", async () => {
  for (const name of ["A", "B", "C"]) await repositories.newWorkspace(name);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await repositories.workspaces.list({ cursor, limit: 2 });
    seen.push(...page.items.map((workspace) => workspace.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toHaveLength(await repositories.prisma.workspace.count());
  expect(seen).toEqual([...new Set(seen)].sort());
});
