import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { expiry, expiryField, jsonValue, keyField, valueField } from "../entry-fields.ts";

export const compareAndSet = stateAction({
  title: "Compare and set",
  summary: "Stores a value only if the current one is what you expect: a lock, or an update nobody overtakes.",
  effect: "write",
  input: z.object({
    key: keyField,
    expected: z.unknown().optional().meta({
      title: "Expected",
      description: "The value that must be there now. Left out, the key must be absent.",
      control: "json",
    }),
    value: valueField,
    expiresIn: expiryField,
  }),
  output: stateResults.compareAndSet,
  example: {
    input: { key: "lock/import", value: "run_1", expiresIn: "10m" },
    output: { key: "lock/import", swapped: true, value: "run_1" },
  },
  operation: ({ key, expected, value, expiresIn }) => ({
    op: "compareAndSet",
    key,
    expected: expected === undefined ? undefined : jsonValue(expected),
    value: jsonValue(value),
    ...expiry(expiresIn),
  }),
});
