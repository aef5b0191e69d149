export type HeaderValue = {
  /** In lower case. */
  value: string;
  /** By their names in lower case. */
  parameters: ReadonlyMap<string, string>;
};

const parameterPattern = /;[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^;"]*))/sy;

/**
 * `form-data; name="a b"` → `form-data` and its parameters. Undefined where it can't be read or has a parameter twice: two
 * readers would take different ones. In quotes only `\"` and `\\` are escapes, because file names of Windows have single
 * backslashes.
 */
export function parseHeaderValue(text: string): HeaderValue | undefined {
  const semicolon = text.indexOf(";");
  let at = semicolon === -1 ? text.length : semicolon;
  const value = text.slice(0, at).trim().toLowerCase();
  const parameters = new Map<string, string>();
  while (at < text.length) {
    parameterPattern.lastIndex = at;
    const match = parameterPattern.exec(text);
    if (!match) return /^[ \t;]*$/.test(text.slice(at)) ? { value, parameters } : undefined;
    const [whole, name = "", quoted, bare = ""] = match;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, quoted === undefined ? bare.trim() : quoted.replace(/\\(["\\])/g, "$1"));
    at += whole.length;
  }
  return { value, parameters };
}
