/** Search parameters that may all be left out. */
export type Params<Name extends string> = { [K in Name]?: string | undefined };

/** A text from the address, or undefined: whoever edits an address by hand gets the default, not an error. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function oneOf<Name extends string>(names: readonly Name[], value: unknown): Name | undefined {
  return names.find((name) => name === value);
}

/** A path on this site to go back to; anything else could send people who signed in to a stranger's page. */
export function localPath(value: string | undefined): string | undefined {
  return value?.startsWith("/") && !value.startsWith("//") && !value.includes("\\") ? value : undefined;
}
