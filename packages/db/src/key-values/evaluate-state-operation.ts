import { Failure, type FailureRecord, isJsonObject, type Json, maxLifetimeMs, presentDuration } from "@millrace/base";
import type { StateOperation, StateResult } from "@millrace/connector-kit";

/** What the store holds under a key, as far as it has not expired. */
export type StoredValue = { value: Json; version: number; expiresAt: Date | null };

export type StateWrite = StoredValue | "delete";

export type Evaluated =
  | { ok: true; output: StateResult[keyof StateResult]; write?: StateWrite }
  | { ok: false; failure: FailureRecord };

export type KeyedOperation = Exclude<StateOperation, { op: "list" }>;

const keyLimitBytes = 1024;

/** Why no value can be under this key: the store's index bounds its length, and text can't hold the null character. */
export function keyFault(key: string): FailureRecord | undefined {
  const isTooLong = Buffer.byteLength(key) > keyLimitBytes;
  if (key !== "" && !isTooLong && !key.includes("\u0000")) return undefined;
  const found = key === "" ? "is empty" : isTooLong ? "is longer" : "holds a null character";
  return new Failure(
    "invalid_input",
    `A key is 1 to ${keyLimitBytes} bytes of text without null characters; this one ${found}.`,
    {
      field: "key",
    },
  ).toRecord();
}

/** The rules of the key-value store, on what is stored `now`. */
export function evaluateStateOperation(
  operation: KeyedOperation,
  stored: StoredValue | undefined,
  now: Date,
): Evaluated {
  const { key } = operation;
  if ("expiresInMs" in operation && operation.expiresInMs !== undefined && !(operation.expiresInMs <= maxLifetimeMs)) {
    return refusal(`An entry expires in at most ${presentDuration(maxLifetimeMs)}, or stays for good.`, "expiresIn");
  }
  const version = (stored?.version ?? 0) + 1;
  switch (operation.op) {
    case "get":
      return {
        ok: true,
        output: {
          key,
          found: stored !== undefined,
          value: stored?.value ?? null,
          ...(stored?.expiresAt ? { expiresAt: stored.expiresAt.toISOString() } : {}),
        },
      };
    case "set": {
      const { value, expiresInMs } = operation;
      return {
        ok: true,
        output: { key, value, version },
        write: { value, version, expiresAt: expiry(now, expiresInMs) },
      };
    }
    case "delete":
      return stored === undefined
        ? { ok: true, output: { key, deleted: false } }
        : { ok: true, output: { key, deleted: true }, write: "delete" };
    case "increment":
      return increment(operation, stored, now);
    case "compareAndSet": {
      const { value, expected, expiresInMs } = operation;
      const isEqual =
        expected === undefined ? stored === undefined : stored !== undefined && isSameJson(stored.value, expected);
      return isEqual
        ? {
            ok: true,
            output: { key, swapped: true, value },
            write: { value, version, expiresAt: expiry(now, expiresInMs) },
          }
        : { ok: true, output: { key, swapped: false, value: stored?.value ?? null } };
    }
  }
}

const expiry = (now: Date, expiresInMs: number | undefined): Date | null =>
  expiresInMs === undefined ? null : new Date(now.getTime() + expiresInMs);

/** Without an expiry of its own it keeps the one that the key has: a counter of the day ends with the day. */
function increment(
  { key, by, expiresInMs }: Extract<StateOperation, { op: "increment" }>,
  stored: StoredValue | undefined,
  now: Date,
): Evaluated {
  const current = stored === undefined ? 0 : stored.value;
  if (typeof current !== "number") {
    return refusal(
      `"${key}" holds ${kindOf(current)}, and only a number can be incremented. Set it to a number first.`,
      "key",
    );
  }
  const value = current + by;
  if (!Number.isFinite(value)) return refusal(`${current} + ${by} is no finite number.`, "by");
  const expiresAt = expiresInMs === undefined ? (stored?.expiresAt ?? null) : expiry(now, expiresInMs);
  return { ok: true, output: { key, value }, write: { value, version: (stored?.version ?? 0) + 1, expiresAt } };
}

const refusal = (message: string, field: string): Evaluated => ({
  ok: false,
  failure: new Failure("invalid_input", message, { field }).toRecord(),
});

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "text" : "true or false";
}

/** Equal as JSON: the order of keys doesn't count. */
export function isSameJson(left: Json, right: Json): boolean {
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((element, index) => isSameJson(element, right[index] ?? null));
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every((key) => Object.hasOwn(right, key) && isSameJson(left[key] ?? null, right[key] ?? null));
  }
  return left === right;
}
