import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { keyField } from "../entry-fields.ts";

export const deleteEntry = stateAction({
  title: "Delete a value",
  summary: "Removes a key and its value.",
  effect: "destroy",
  input: z.object({ key: keyField }),
  output: stateResults.delete,
  example: { input: { key: "last_summary" }, output: { key: "last_summary", deleted: true } },
  operation: ({ key }) => ({ op: "delete", key }),
});
