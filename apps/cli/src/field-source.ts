import { usageError } from "./cli-error.ts";
import type { Environment } from "./server-address.ts";

/** The value of one field of a connection; without a field, the connector's only one is meant. */
export type FieldSource = { field: string | undefined; value: string };

/**
 * Reads `VAR` and `VAR=field`. What was given is never repeated in an error: someone who mistakes the option for the
 * value's place has just typed a secret.
 */
export function parseFieldSources(given: readonly string[], env: Environment): FieldSource[] {
  return given.map((text, index) => {
    const which = given.length === 1 ? "--from-env" : `--from-env number ${index + 1}`;
    const [, variable, field] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([A-Za-z][A-Za-z0-9_]*))?$/.exec(text) ?? [];
    if (variable === undefined) {
      throw usageError(
        `${which} takes the name of an environment variable, as VAR or VAR=field, never a secret itself.`,
        "If that was a secret, it may now be in your shell's history: replace it. What was given is not repeated here.",
      );
    }
    const value = env[variable];
    if (value) return { field, value };
    throw usageError(
      `${which} names a variable that is ${value === undefined ? "not set" : "empty"}.`,
      "Set it without leaving it in the history: read -rs VAR && export VAR. The name is not repeated here, in case it was the secret.",
    );
  });
}
