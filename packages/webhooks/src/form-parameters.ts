/**
 * The parameters of a form body as Twilio signs them: names in order, each followed by its values in order and without
 * repeats, nothing between them. Undefined where the body is no well-formed form.
 * https://www.twilio.com/docs/usage/security#validating-requests
 */
export function sortedForm(body: Uint8Array): string | undefined {
  // A form is ASCII. Anything else decodes to replacement characters, which are the same for different bytes.
  if (body.some((byte) => byte > 0x7e || byte < 0x20)) return undefined;
  const values = new Map<string, Set<string>>();
  for (const pair of Buffer.from(body).toString("latin1").split("&")) {
    if (pair === "") continue;
    const [, rawName = "", rawValue = ""] = /^([^=]*)=?(.*)$/.exec(pair) ?? [];
    const name = decode(rawName);
    const value = decode(rawValue);
    if (name === undefined || value === undefined) return undefined;
    const known = values.get(name);
    if (known) known.add(value);
    else values.set(name, new Set([value]));
  }
  // The default order, by UTF-16 code units, is the one that Twilio's own libraries use.
  return [...values.keys()]
    .sort()
    .map((name) =>
      [...(values.get(name) ?? [])]
        .sort()
        .map((value) => name + value)
        .join(""),
    )
    .join("");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
