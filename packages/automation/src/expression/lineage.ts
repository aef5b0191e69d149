/** `*` stands for any element, or for a key or index that is only known at run time. */
export type Segment = string | number | "*";

/** A path of the scope that an expression reads, found in its syntax. */
export type LineagePath = {
  segments: Segment[];
  /** As one would write it: `trigger.body.items[0].name`, `trigger.headers["x-id"]`, `trigger.body.items[*].name`. */
  text: string;
  /** The expression copes with the path not being there: it reads it with `.?` or asks `has()` first. */
  optional: boolean;
};

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function presentPath(segments: readonly Segment[]): string {
  let text = "";
  for (const segment of segments) text += presentSegment(segment, text === "");
  return text;
}

export function presentSegment(segment: Segment, isFirst = false): string {
  if (typeof segment === "number") return `[${segment}]`;
  if (segment === "*") return "[*]";
  if (plainName.test(segment)) return isFirst ? segment : `.${segment}`;
  return `[${JSON.stringify(segment)}]`;
}

/** Gathers paths as the syntax is walked; a path that is once needed is not optional. */
export class LineageCollector {
  readonly #paths = new Map<string, LineagePath>();
  readonly #guarded: string[] = [];

  add(segments: readonly Segment[], optional: boolean): void {
    const text = presentPath(segments);
    const known = this.#paths.get(text);
    if (known) known.optional &&= optional;
    else this.#paths.set(text, { segments: [...segments], text, optional });
  }

  /** `has(path)`: whoever asks first may read it, and what lies below it, without needing it. */
  addGuard(segments: readonly Segment[]): void {
    this.add(segments, true);
    this.#guarded.push(presentPath(segments));
  }

  list(): LineagePath[] {
    const isGuarded = (text: string) =>
      this.#guarded.some((guard) => text === guard || text.startsWith(`${guard}.`) || text.startsWith(`${guard}[`));
    return [...this.#paths.values()].map((path) => ({ ...path, optional: path.optional || isGuarded(path.text) }));
  }
}
