import { readFileSync } from "node:fs";
import { ConfigError } from "@millrace/base";

/** Variables that may hold a secret: each may be given as a file instead, as container platforms mount them. */
const secretNames = [
  "DATABASE_URL",
  "REDIS_URL",
  "VAULT_KEYS",
  "MILLRACE_OWNER_PASSWORD",
  "MILLRACE_API_KEY",
  "METRICS_TOKEN",
];

type Environment = Record<string, string | undefined>;

/** The environment with `NAME` read from the file that `NAME_FILE` names. Throws ConfigError; never repeats a value. */
export function readSecretFiles(env: Environment): Environment {
  const filled = { ...env };
  for (const name of secretNames) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) throw new ConfigError(`${name} and ${name}_FILE are both set: keep one of them.`);
    filled[name] = readSecret(name, path);
  }
  return filled;
}

function readSecret(name: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new ConfigError(
      `${name}_FILE: ${path} can't be read${code}. Check that it exists and that our user may read it.`,
    );
  }
  if (text === "") throw new ConfigError(`${name}_FILE: ${path} is empty. Put the value of ${name} into it.`);
  return text;
}
