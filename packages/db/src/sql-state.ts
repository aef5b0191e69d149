/** PostgreSQL's five characters for what went wrong; undefined where it is not PostgreSQL's error. Node.js has codes like EPIPE. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[\dFHPX][\dA-Z]{4}$/.test(code) ? code : undefined;
}

/** Waited for as long as its session waits for what somebody else has locked. */
export const isLockTimeout = (error: unknown): boolean => sqlStateOf(error) === "55P03";

/** A row that the unique index of that name refused. */
export const isUniqueViolation = (error: unknown, index: string): boolean =>
  sqlStateOf(error) === "23505" && (error as { constraint?: string }).constraint === index;
