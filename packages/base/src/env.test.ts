import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, parseEnv } from "./env.ts";

const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(4400).meta({ example: "4400" }),
  SECRET: z.string().length(4, "expected 4 characters").optional().meta({ example: "abcd" }),
});

test("an absent and an empty variable take the default", () => {
  expect(parseEnv(schema, {})).toEqual({ PORT: 4400 });
  expect(parseEnv(schema, { PORT: "", SECRET: undefined })).toEqual({ PORT: 4400 });
});

test("the error names every wrong variable with an example and never repeats a value", () => {
  const parse = () => parseEnv(schema, { PORT: "many", SECRET: "hunter2" });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/PORT: .*Example: PORT=4400\n {2}SECRET: expected 4 characters\. Example: SECRET=abcd/);
  expect(parse).not.toThrow(/hunter2/);
});
