/** Reads a column that only this package writes, so its shape is the writer's promise. */
export function readJson<Value>(text: string): Value {
  return JSON.parse(text);
}

export function readOptionalJson<Value>(text: string | null): Value | undefined {
  return text === null ? undefined : readJson<Value>(text);
}
