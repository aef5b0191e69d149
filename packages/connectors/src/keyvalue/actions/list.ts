import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { prefixField } from "../entry-fields.ts";

export const list = stateAction({
  title: "List values",
  summary: "Lists keys and values in order of their keys, a page at a time.",
  effect: "read",
  input: z.object({
    prefix: prefixField,
    limit: z.number().int().min(1).max(1000).default(100).meta({ title: "At most", control: "number" }),
    cursor: z.string().optional().meta({
      title: "Cursor",
      description: "The `nextCursor` of the page before.",
      control: "text",
      advanced: true,
    }),
  }),
  output: stateResults.list,
  example: {
    input: { prefix: "customer/", limit: 2 },
    output: { entries: [{ key: "customer/ada", value: { plan: "pro" } }] },
  },
  operation: ({ prefix, limit, cursor }) => ({
    op: "list",
    prefix,
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  }),
});
