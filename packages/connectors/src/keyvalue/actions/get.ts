import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { keyField } from "../entry-fields.ts";

export const get = stateAction({
  title: "Get a value",
  summary: "Reads the value under a key. `found` tells whether there is one.",
  effect: "read",
  input: z.object({ key: keyField }),
  output: stateResults.get,
  example: { input: { key: "last_summary" }, output: { key: "last_summary", found: true, value: "All systems work." } },
  operation: ({ key }) => ({ op: "get", key }),
});
