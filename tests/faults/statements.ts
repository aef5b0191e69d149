/**
 * Reads which SQL a PostgreSQL client asks to execute, from the bytes that it sends:
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function createStatementReader(): (chunk: Buffer) => string[] {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  const prepared = new Map<string, string>();

  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const found: string[] = [];
    for (;;) {
      // The first message of a connection has no type.
      const head = isStarted ? 1 : 0;
      if (rest.length < head + 4) return found;
      const length = head + rest.readUInt32BE(head);
      if (rest.length < length) return found;
      const type = isStarted ? String.fromCharCode(rest[0] ?? 0) : "";
      const statement = executed(type, rest.subarray(head + 4, length), prepared);
      if (statement !== undefined) found.push(statement);
      isStarted = true;
      rest = rest.subarray(length);
    }
  };
}

/** The text of a simple query, or of the prepared statement that a bind names. */
function executed(type: string, body: Buffer, prepared: Map<string, string>): string | undefined {
  if (type === "Q") return text(body, 0).value;
  if (type === "P") {
    const name = text(body, 0);
    prepared.set(name.value, text(body, name.end).value);
  } else if (type === "B") {
    return prepared.get(text(body, text(body, 0).end).value);
  }
  return undefined;
}

function text(body: Buffer, start: number): { value: string; end: number } {
  const end = body.indexOf(0, start);
  return { value: body.toString("utf8", start, end === -1 ? body.length : end), end: end + 1 };
}
