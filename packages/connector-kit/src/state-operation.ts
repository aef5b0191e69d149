import type { Json } from "@millrace/base";
import { z } from "zod";

/** What a step does to the workspace's key-value store. The database runs it in the transaction that records the step. */
export type StateOperation =
  | { op: "set"; key: string; value: Json; expiresInMs?: number }
  | { op: "get"; key: string }
  | { op: "delete"; key: string }
  | { op: "increment"; key: string; by: number; expiresInMs?: number }
  | { op: "list"; prefix: string; limit: number; cursor?: string }
  /** Sets the value only if the current one equals `expected`; `undefined` means that the key must be absent. */
  | { op: "compareAndSet"; key: string; expected: Json | undefined; value: Json; expiresInMs?: number };

const json = z.unknown().meta({ title: "Value" });

/** The shapes the database answers with, one for each operation. */
export const stateResults = {
  set: z.object({ key: z.string(), value: json, version: z.number().int() }),
  get: z.object({
    key: z.string(),
    found: z.boolean(),
    value: json,
    expiresAt: z.iso.datetime().optional(),
  }),
  delete: z.object({ key: z.string(), deleted: z.boolean() }),
  increment: z.object({ key: z.string(), value: z.number() }),
  list: z.object({
    entries: z.array(z.object({ key: z.string(), value: json })),
    nextCursor: z.string().optional(),
  }),
  compareAndSet: z.object({ key: z.string(), swapped: z.boolean(), value: json }),
} as const;

/** `value` is the stored value, or null where there is none. */
export type StateResult = {
  set: { key: string; value: Json; version: number };
  get: { key: string; found: boolean; value: Json; expiresAt?: string };
  delete: { key: string; deleted: boolean };
  increment: { key: string; value: number };
  list: { entries: { key: string; value: Json }[]; nextCursor?: string };
  compareAndSet: { key: string; swapped: boolean; value: Json };
};
