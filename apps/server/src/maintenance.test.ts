import { openTestDatabase } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { startMaintenance } from "./maintenance.ts";

test("one process maintains the database, and another goes on once it has ended", async () => {
  const { pool, close } = await openTestDatabase();
  const rounds: string[] = [];
  const process = (name: string) => {
    const note = (_context: object, message: string) => rounds.push(`${name} ${message}`);
    const log = { debug: note, info: note, warn: note, error: note };
    const nothingSealed = { rewrap: async () => ({ rewrapped: 0, unopened: [] }) };
    return startMaintenance(pool, { now: () => new Date() }, log, {
      ...{ retentionDays: 30, sealedRows: nothingSealed, everyMs: 20 },
    });
  };
  const [first, second] = [process("a"), process("b")];
  await vi.waitFor(() => expect(rounds.length).toBeGreaterThan(10), 30_000);
  const names = new Set(rounds.map((round) => round));
  expect(names.size).toBe(1);
  const [holder, other] = names.has("a maintained the database") ? [first, second] : [second, first];
  await holder.stop();
  await vi.waitFor(() => expect(new Set(rounds).size).toBe(2), 30_000);
  await other.stop();
  expect(new Set(rounds)).toEqual(new Set(["a maintained the database", "b maintained the database"]));
  await close();
});
