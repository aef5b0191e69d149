import { createHash } from "node:crypto";

/** What the sink notes of an Authorization header: enough to know it again, and nothing that a search for the secret would find. */
export const credentialMark = (authorization: string | undefined): string =>
  authorization === undefined ? "" : createHash("sha256").update(authorization).digest("hex");
