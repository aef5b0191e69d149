import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
beforeEach(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
afterEach(async () => {
  await repositories.close();
  await database.close();
});

const createOwner = async () => {
  await repositories.workspaces.createWithOwner({ userId: await repositories.newUser(), name: "Home" });
};

test("a new installation waits for its owner, and each start's token replaces the one before", async () => {
  const { setup } = repositories;
  expect(await setup.isPending()).toBe(true);
  const first = await setup.issueToken();
  const second = await setup.issueToken();
  expect(second).not.toBe(first);
  expect(await setup.consume(first ?? "", createOwner)).toBe(false);
  expect(await setup.consume(second ?? "", createOwner)).toBe(true);
  expect(await setup.isPending()).toBe(false);
  expect(await setup.issueToken()).toBeUndefined();
});

test("of two requests with the right token one creates the owner", async () => {
  const { setup } = repositories;
  const token = (await setup.issueToken()) ?? "";
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => setup.consume(token, createOwner)));
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await repositories.prisma.workspace.count()).toBe(1);
});

test("a token is used up without anything to create, too", async () => {
  const { setup } = repositories;
  const token = (await setup.issueToken()) ?? "";
  expect(await Promise.all([setup.consume(token), setup.consume(token)])).toContain(false);
  expect(await setup.consume(token)).toBe(false);
});

test("the token stays good when creating the owner fails", async () => {
  const { setup } = repositories;
  const token = (await setup.issueToken()) ?? "";
  const refused = setup.consume(token, () => Promise.reject(new Error("The password is too short.")));
  await expect(refused).rejects.toThrow("The password is too short.");
  expect(await setup.consume(token, createOwner)).toBe(true);
});

test("no text but the token opens the setup", async () => {
  const { setup } = repositories;
  expect(await setup.consume("", createOwner)).toBe(false);
  const token = (await setup.issueToken()) ?? "";
  for (const text of ["", "x", token.slice(1), `${token}0`, token.toLowerCase()]) {
    expect(await setup.consume(text, createOwner)).toBe(false);
  }
});
