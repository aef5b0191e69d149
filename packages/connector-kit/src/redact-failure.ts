import { Failure, type Json } from "@millrace/base";

const mask = "[secret]";

/** The same failure without any of these values, in whichever usual spelling a service may echo them. */
export function redactFailure(failure: Failure, secrets: readonly string[]): Failure {
  const spellings = secrets.flatMap(spellingsOf).sort((a, b) => b.length - a.length);
  const clean = (text: string) => spellings.reduce((rest, spelling) => rest.replaceAll(spelling, mask), text);
  const { advice, field, facts, ...numbers } = failure.detail;
  return new Failure(failure.code, clean(failure.message), {
    ...numbers,
    ...(advice === undefined ? {} : { advice: clean(advice) }),
    ...(field === undefined ? {} : { field: clean(field) }),
    ...(facts === undefined ? {} : { facts: cleanObject(facts, clean) }),
  });
}

/** Shorter values would blank ordinary words and are no secrets to speak of. */
const shortestSecret = 4;

function spellingsOf(secret: string): string[] {
  if (secret.length < shortestSecret) return [];
  const bytes = Buffer.from(secret, "utf8");
  const spellings = [
    secret,
    encodeURIComponent(bytes.toString("utf8")),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ];
  return [...new Set(spellings)];
}

function cleanObject(facts: Record<string, Json>, clean: (text: string) => string): Record<string, Json> {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [clean(key), cleanJson(value, clean)]));
}

function cleanJson(value: Json, clean: (text: string) => string): Json {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, clean));
  if (typeof value === "object" && value !== null) return cleanObject(value, clean);
  return value;
}
