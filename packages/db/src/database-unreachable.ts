/** Nothing usable answers at the database's address. Names host, port and database, never user or password. */
export class DatabaseUnreachable extends Error {
  constructor(databaseUrl: string, cause: unknown) {
    super(
      `The database at ${addressOf(databaseUrl)} can't be reached (${reasonOf(cause)}). Check that PostgreSQL runs there and that DATABASE_URL is right.`,
      { cause },
    );
    this.name = "DatabaseUnreachable";
  }
}

/** Runs `connect`; what fails on the way to a session becomes DatabaseUnreachable. */
export async function reachable<T>(databaseUrl: string, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (cause) {
    throw new DatabaseUnreachable(databaseUrl, cause);
  }
}

function addressOf(databaseUrl: string): string {
  try {
    const { hostname, port, pathname } = new URL(databaseUrl);
    return `${hostname}:${port === "" ? "5432" : port}${pathname}`;
  } catch {
    return "an address that is not a URL like postgresql://user:password@host:5432/name";
  }
}

/** The code only: messages of the network and of the server may repeat the user's name. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown reason";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  if (code === undefined)
    return /timeout/i.test(cause.message) ? "no answer in time" : "the connection was refused or cut";
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name can't be looked up",
  ETIMEDOUT: "no answer in time",
  ECONNRESET: "the connection was cut",
  "28P01": "wrong user or password",
  "28000": "the server does not let this user in",
  "3D000": "there is no such database",
  "53300": "the server has no connection left",
  "57P03": "the server is starting up or shutting down",
};
