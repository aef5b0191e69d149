import { Failure } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
  workspaceId = await repositories.newWorkspace();
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const create = (name: string) =>
  repositories.connections.create({
    ...{ workspaceId, connectorId: "acme", name, plainFields: ["baseUrl"] },
    credential: { apiKey: "canary-key-0123456789", user: "ada", baseUrl: "https://a.example" },
  });

test("an opened credential has every field and names the values that must not be stored", async () => {
  const { id } = await create("whole");
  const opened = await repositories.credentials.open(workspaceId, "acme", "whole");
  expect(opened.connectionId).toBe(id);
  expect({ ...opened.fields }).toEqual({ apiKey: "canary-key-0123456789", user: "ada", baseUrl: "https://a.example" });
  expect([...opened.secrets].sort()).toEqual(["ada", "canary-key-0123456789"]);
});

test("what the service says to a credential in use is its connection's health, unless it was replaced in between", async () => {
  const { id } = await create("used");
  const { credentials, connections } = repositories;
  const open = () => credentials.open(workspaceId, "acme", "used");
  const refused = new Failure("credential_rejected", "acme refused the key").toRecord();
  const first = await open();
  expect(first).toMatchObject({ version: 1, isFailing: false });
  await credentials.recordUse(workspaceId, first, refused);
  expect((await connections.get(workspaceId, id)).health).toMatchObject({ status: "failing", failure: refused });
  expect((await open()).isFailing).toBe(true);
  await credentials.recordUse(workspaceId, first);
  expect((await connections.get(workspaceId, id)).health).toMatchObject({ status: "ok" });

  const credential = { apiKey: "canary-key-9876543210" };
  await connections.updateCredential({ workspaceId, id, credential, plainFields: ["baseUrl"] });
  await credentials.recordUse(workspaceId, first, refused);
  expect((await connections.get(workspaceId, id)).health).toEqual({ status: "unknown" });
});

test("a connection that is missing fails with its name and what to do", async () => {
  const opening = repositories.credentials.open(workspaceId, "acme", "nobody's");
  await expect(opening).rejects.toBeInstanceOf(Failure);
  await expect(opening).rejects.toMatchObject({
    code: "connection_missing",
    message: `This workspace has no acme connection named "nobody's".`,
    detail: { advice: expect.stringContaining("Add it") },
  });
});

test("a plain field that was altered in the database does not reach the request", async () => {
  const { id } = await create("altered");
  const fieldsJson = JSON.stringify({ baseUrl: { isSet: true, isSecret: false, value: "https://evil.example" } });
  await repositories.prisma.connection.update({ where: { id }, data: { fieldsJson } });
  const opened = await repositories.credentials.open(workspaceId, "acme", "altered");
  expect(opened.fields.baseUrl).toBe("https://a.example");
  expect(opened.secrets).toContain("canary-key-0123456789");
});

test("a credential that was copied from another row or sealed with another key fails without showing it", async () => {
  const source = await create("source");
  const target = await create("target");
  const { sealedJson } = await repositories.prisma.connection.findUniqueOrThrow({ where: { id: source.id } });
  await repositories.prisma.connection.update({ where: { id: target.id }, data: { sealedJson } });
  const other = await openRepositories(database.url);
  try {
    for (const open of [
      () => repositories.credentials.open(workspaceId, "acme", "target"),
      () => other.credentials.open(workspaceId, "acme", "source"),
    ]) {
      const error: unknown = await open().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Failure);
      expect(error).toMatchObject({ code: "connection_missing" });
      expect(JSON.stringify(error)).not.toContain("canary-key");
    }
  } finally {
    await other.close();
  }
});
