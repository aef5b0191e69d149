import { type Json, newId } from "@millrace/base";
import type { StateOperation } from "@millrace/connector-kit";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../transaction.ts";
import { applyStateOperation, applyStateOperations, type StateOutcome } from "./apply-state-operations.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const apply = (workspaceId: string, operations: readonly StateOperation[]): Promise<StateOutcome[]> =>
  inTransaction(database.pool, (client) =>
    applyStateOperations(
      client,
      operations.map((operation) => ({ workspaceId, operation, runId: null })),
    ),
  );

const one = async (workspaceId: string, operation: StateOperation) => {
  const outcome = await inTransaction(database.pool, (client) =>
    applyStateOperation(client, workspaceId, operation, "run_1"),
  );
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.output;
};

/** The store as a plain map: what every operation must come to, without expiry. */
class Model {
  readonly values = new Map<string, { value: Json; version: number }>();

  apply(operation: StateOperation): Json {
    if (operation.op === "list") return this.list(operation);
    const { key } = operation;
    const stored = this.values.get(key);
    const write = (value: Json) => this.values.set(key, { value, version: (stored?.version ?? 0) + 1 });
    switch (operation.op) {
      case "set":
        write(operation.value);
        return { key, value: operation.value, version: (stored?.version ?? 0) + 1 };
      case "get":
        return { key, found: stored !== undefined, value: stored?.value ?? null };
      case "delete":
        return { key, deleted: this.values.delete(key) };
      case "increment": {
        if (stored !== undefined && typeof stored.value !== "number") return "refused";
        const value = ((stored?.value as number | undefined) ?? 0) + operation.by;
        write(value);
        return { key, value };
      }
      case "compareAndSet": {
        const { expected } = operation;
        const isEqual =
          expected === undefined ? stored === undefined : stored !== undefined && same(stored.value, expected);
        if (isEqual) write(operation.value);
        return { key, swapped: isEqual, value: isEqual ? operation.value : (stored?.value ?? null) };
      }
    }
  }

  list({ prefix, limit, cursor = "" }: Extract<StateOperation, { op: "list" }>): Json {
    const keys = [...this.values.keys()]
      .filter((key) => key.startsWith(prefix) && (cursor === "" || key > cursor))
      .sort();
    const entries = keys.slice(0, limit).map((key) => ({ key, value: this.values.get(key)?.value ?? null }));
    const last = entries.at(-1);
    return keys.length > limit && last ? { entries, nextCursor: last.key } : { entries };
  }
}

const same = (left: Json, right: Json): boolean => {
  try {
    expect(left).toEqual(right);
    return true;
  } catch {
    return false;
  }
};

// -0 is 0 in JSON.
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((number) => number + 0 || 0),
  fc.constantFrom<Json>("x", null, true, [1, { a: null }], { b: 2, a: [] }, { a: [], b: 2 }, "\u0000"),
);
const key = fc.constantFrom("a", "a1", "a2", "b", "é");
const operation: fc.Arbitrary<StateOperation> = fc.oneof(
  fc.record({ op: fc.constant("set" as const), key, value }),
  fc.record({ op: fc.constant("get" as const), key }),
  fc.record({ op: fc.constant("delete" as const), key }),
  fc.record({
    op: fc.constant("increment" as const),
    key,
    by: fc.integer({ min: -5, max: 5 }).map((number) => number || 0),
  }),
  fc.record(
    {
      op: fc.constant("list" as const),
      prefix: fc.constantFrom("", "a", "é", "z"),
      limit: fc.integer({ min: 1, max: 3 }),
      cursor: key,
    },
    { requiredKeys: ["op", "prefix", "limit"] },
  ),
  fc.record({ op: fc.constant("compareAndSet" as const), key, expected: fc.option(value, { nil: undefined }), value }),
);

test("any operations in any batches come to what a plain map would give", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
      async (batches) => {
        const workspaceId = newId("workspace");
        const model = new Model();
        for (const batch of batches) {
          const outcomes = await apply(workspaceId, batch);
          expect(outcomes.map((outcome) => (outcome.ok ? outcome.output : "refused"))).toEqual(
            batch.map((step) => model.apply(step)),
          );
        }
        const { rows } = await database.pool.query(
          "SELECT key, value_json, version::int FROM key_values WHERE workspace_id = $1 ORDER BY key",
          [workspaceId],
        );
        const kept = rows.map(({ key, value_json, version }) => [key, { value: JSON.parse(value_json), version }]);
        expect(kept).toEqual([...model.values].sort(([left], [right]) => (left < right ? -1 : 1)));
      },
    ),
    { numRuns: 80 },
  );
});

test("workspaces never see each other's keys", async () => {
  const [mine, other] = [newId("workspace"), newId("workspace")];
  await one(mine, { op: "set", key: "k", value: 1 });
  expect(await one(other, { op: "get", key: "k" })).toEqual({ key: "k", found: false, value: null });
  expect(await one(other, { op: "delete", key: "k" })).toEqual({ key: "k", deleted: false });
  expect(await one(other, { op: "list", prefix: "", limit: 10 })).toEqual({ entries: [] });
});

test("a key that has expired is absent, and starts anew", async () => {
  const workspaceId = newId("workspace");
  await one(workspaceId, { op: "set", key: "k", value: 1, expiresInMs: 60_000 });
  const found = await one(workspaceId, { op: "get", key: "k" });
  expect(found).toMatchObject({ found: true, expiresAt: expect.stringMatching(/Z$/) });
  await database.pool.query("UPDATE key_values SET expires_at = now() - interval '1 second' WHERE workspace_id = $1", [
    workspaceId,
  ]);
  expect(await one(workspaceId, { op: "get", key: "k" })).toEqual({ key: "k", found: false, value: null });
  expect(await one(workspaceId, { op: "list", prefix: "", limit: 10 })).toEqual({ entries: [] });
  expect(await one(workspaceId, { op: "delete", key: "k" })).toEqual({ key: "k", deleted: false });
  expect(await one(workspaceId, { op: "compareAndSet", key: "k", expected: 1, value: 2 })).toMatchObject({
    swapped: false,
  });
  expect(await one(workspaceId, { op: "set", key: "k", value: 5 })).toEqual({ key: "k", value: 5, version: 1 });
});

test("an increment keeps the expiry that the key has, a set ends it", async () => {
  const workspaceId = newId("workspace");
  const expiry = async () =>
    (
      await database.pool.query("SELECT expires_at, updated_by_run_id FROM key_values WHERE workspace_id = $1", [
        workspaceId,
      ])
    ).rows[0];
  await one(workspaceId, { op: "increment", key: "k", by: 1, expiresInMs: 60_000 });
  const first = await expiry();
  expect(first).toEqual({ expires_at: expect.any(Date), updated_by_run_id: "run_1" });
  await one(workspaceId, { op: "increment", key: "k", by: 1 });
  expect((await expiry()).expires_at).toEqual(first.expires_at);
  await one(workspaceId, { op: "set", key: "k", value: 1 });
  expect((await expiry()).expires_at).toBeNull();
});

test("two who create the same key at once both count", async () => {
  const workspaceId = newId("workspace");
  await Promise.all(Array.from({ length: 20 }, () => one(workspaceId, { op: "increment", key: "new", by: 1 })));
  expect(await one(workspaceId, { op: "get", key: "new" })).toMatchObject({ value: 20 });
});

test("of many who swap the same value one succeeds", async () => {
  const workspaceId = newId("workspace");
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      one(workspaceId, { op: "compareAndSet", key: "lock", expected: undefined, value: index }),
    ),
  );
  expect(outcomes.filter((outcome) => (outcome as { swapped: boolean }).swapped)).toHaveLength(1);
});

test.each([
  ["", "is empty"],
  ["a\u0000b", "null character"],
  ["é".repeat(600), "is longer"],
])("refuses a key that can't be stored (%#)", async (bad, words) => {
  const [refused, kept] = await apply(newId("workspace"), [
    { op: "set", key: bad, value: 1 },
    { op: "set", key: "good", value: 1 },
  ]);
  expect(refused).toMatchObject({
    ok: false,
    failure: { code: "invalid_input", field: "key", message: expect.stringContaining(words) },
  });
  expect(kept).toMatchObject({ ok: true });
});

test("refuses an expiry that no date can tell", async () => {
  const expiresInMs = 999_999_999 * 86_400_000;
  const outcomes = await apply(newId("workspace"), [
    { op: "set", key: "k", value: 1, expiresInMs },
    { op: "increment", key: "k", by: 1, expiresInMs },
    { op: "compareAndSet", key: "k", expected: undefined, value: 1, expiresInMs },
    { op: "set", key: "good", value: 1, expiresInMs: 1_000_000 * 86_400_000 },
  ]);
  for (const refused of outcomes.slice(0, 3)) {
    expect(refused).toMatchObject({ ok: false, failure: { code: "invalid_input", field: "expiresIn" } });
  }
  expect(outcomes[3]).toMatchObject({ ok: true });
});
