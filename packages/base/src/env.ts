import type { z } from "zod";

/** The configuration is wrong. The message names each variable, what was expected, and an example. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/**
 * Parses environment variables with a zod object schema; empty values count as absent.
 * Give each field `.meta({ example: "…" })`: the error shows it. Values are never repeated, because they may be secrets.
 */
export function parseEnv<Schema extends z.ZodObject>(
  schema: Schema,
  env: Record<string, string | undefined>,
): z.output<Schema> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "");
    const meta = (schema.shape[name] as z.ZodType | undefined)?.meta() as { example?: string } | undefined;
    const example = meta?.example ? ` Example: ${name}=${meta.example}` : "";
    return `${name}: ${issue.message}.${example}`;
  });
  throw new ConfigError(`The configuration is not usable:\n  ${lines.join("\n  ")}`);
}
