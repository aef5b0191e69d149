import { stateAction, stateResults } from "@millrace/connector-kit";
import { z } from "zod";
import { expiry, expiryField, keyField } from "../entry-fields.ts";

export const increment = stateAction({
  title: "Increment a counter",
  summary: "Adds to the number under a key, starting from 0, and returns the new value.",
  effect: "write",
  input: z.object({
    key: keyField,
    by: z.number().default(1).meta({ title: "By", description: "Negative to count down.", control: "number" }),
    expiresIn: expiryField,
  }),
  output: stateResults.increment,
  example: { input: { key: "long_summaries" }, output: { key: "long_summaries", value: 12 } },
  operation: ({ key, by, expiresIn }) => ({ op: "increment", key, by, ...expiry(expiresIn) }),
});
