import { createHash, timingSafeEqual } from "node:crypto";
import { type Rejection, reject } from "./rejection.ts";

/** Why a token from a URL is not one of those stored; undefined where it is. */
export function verifySharedToken(
  token: string | undefined,
  stored: readonly string[],
  parameter: string,
): Rejection | undefined {
  const usable = stored.filter((text) => text.trim() !== "");
  if (usable.length === 0)
    return reject("secret_missing", "No verify token is set; store the one that was entered at the provider.");
  const presented = digest(token ?? "");
  if (usable.some((text) => timingSafeEqual(digest(text), presented))) return undefined;
  return reject("verify_token_mismatch", `The parameter ${parameter} is not the verify token that is stored here.`);
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
