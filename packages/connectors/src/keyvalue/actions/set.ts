import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { expiry, expiryField, jsonValue, keyField, valueField } from "../entry-fields.ts";

export const set = stateAction({
  title: "Set a value",
  summary: "Stores a value under a key and replaces what was there.",
  effect: "write",
  input: z.object({ key: keyField, value: valueField, expiresIn: expiryField }),
  output: stateResults.set,
  example: {
    input: { key: "last_summary", value: "All systems work." },
    output: { key: "last_summary", value: "All systems work.", version: 3 },
  },
  operation: ({ key, value, expiresIn }) => ({ op: "set", key, value: jsonValue(value), ...expiry(expiresIn) }),
});
