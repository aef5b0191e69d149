/** Names that say "secret" when they end with one of these words: `accessToken`, `X-Auth-Token`, `db_password`. */
const lastWords = new Set(
  "authorization cookie cookies credential credentials jwt otp passphrase passwd password pwd secret secrets signature token".split(
    " ",
  ),
);

/** The same for two words, written apart or as one: `x-api-key`, `apiKey`, `APIKEY`. */
const lastPairs = new Set(
  "access-key api-key auth-key encryption-key license-key master-key private-key secret-key signing-key vault-key vault-keys session-id connection-string set-cookie"
    .split(" ")
    .map((pair) => pair.replace("-", "")),
);

/**
 * Whether a field or header of this name should not be logged, whatever its value. For logs only: a name says too little to
 * alter stored data by (`maxTokens` is a number, `token` in a payload may be the very thing that a flow maps).
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
  const last = words.at(-1);
  if (last === undefined) return false;
  return lastWords.has(last) || lastPairs.has(last) || lastPairs.has(`${words.at(-2) ?? ""}${last}`);
}

type HeaderValue = string | string[] | number | undefined;

/** Headers as they may be logged: secret ones keep their name and lose their value. */
export function redactHeaders(headers: Readonly<Record<string, HeaderValue>>): Record<string, HeaderValue> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      isSecretName(name) && value !== undefined ? "[redacted]" : value,
    ]),
  );
}

const headerNames = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-auth-token",
];
const fieldNames = [
  "password",
  "secret",
  "token",
  "apiKey",
  "accessToken",
  "refreshToken",
  "clientSecret",
  "privateKey",
];

/** For pino's `redact.paths`: request, response and error headers, and secret fields at the top and one level down. */
export const pinoRedactPaths: readonly string[] = [
  ...["headers", "*.headers", "err.request.headers", "err.response.headers"].flatMap((parent) => {
    return headerNames.map((name) => `${parent}["${name}"]`);
  }),
  ...fieldNames.flatMap((name) => [name, `*.${name}`]),
];
