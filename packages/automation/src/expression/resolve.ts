import { ExpressionError } from "./expression-error.ts";
import { acceptsCount, type FunctionEntry } from "./function-entry.ts";
import { findFunctions, functionNames, namespaces } from "./functions.ts";
import { LineageCollector, type Segment } from "./lineage.ts";
import { nearestName } from "./nearest.ts";
import { resolveMacro } from "./resolve-macro.ts";
import type { BinaryOperator, LibraryNode, Node, Origin } from "./syntax.ts";

/** The names an expression may use where nothing else is said. */
export const scopeNames: readonly string[] = ["trigger", "steps", "run", "automation", "item", "index"];

const binaryOperators: readonly string[] = ["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"];
const isBinaryOperator = (operator: string): operator is BinaryOperator => binaryOperators.includes(operator);

/** Methods whose result holds the receiver's own elements, so that a path goes on through them. */
const keepsElements: readonly string[] = ["filter", "sort", "sortBy", "reverse", "distinct", "slice", "or"];
const givesElement: readonly string[] = ["first", "last"];
const givesSame: readonly string[] = ["value", "orValue"];

/** Turns the library's tree into ours: every name and function is known, and the paths it reads are on record. */
export class Resolver {
  readonly lineage: LineageCollector = new LineageCollector();
  readonly #names: ReadonlySet<string>;
  readonly #locals: { name: string; origin: Origin | undefined }[] = [];

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** A node whose value is used as a whole: the path it stands for is read. */
  value(source: LibraryNode): Node {
    const node = this.target(source);
    const isPath = node.kind === "name" || node.kind === "local" || node.kind === "select" || node.kind === "index";
    if (isPath && node.origin) this.lineage.add(node.origin.segments, node.origin.optional);
    return node;
  }

  /** With a further name in scope, as inside a comprehension. */
  within<T>(name: string, origin: Origin | undefined, resolve: () => T): T {
    this.#locals.push({ name, origin });
    const resolved = resolve();
    this.#locals.pop();
    return resolved;
  }

  /** The name that a macro's argument must be. */
  variable(source: LibraryNode | undefined, macro: string): string {
    if (source?.op === "id") return source.args;
    throw this.refuse("syntax", `${macro}() takes the name of a variable first.`, source);
  }

  refuse(code: "syntax" | "unknown_name" | "unknown_function", message: string, source?: LibraryNode): ExpressionError {
    return new ExpressionError(code, message, source ? { position: { start: source.start, end: source.end } } : {});
  }

  /** A node that a path may go on from; a partial path is not recorded. */
  target(source: LibraryNode): Node {
    const at = { start: source.start, end: source.end };
    switch (source.op) {
      case "value":
        return { ...at, kind: "literal", value: this.#literal(source) };
      case "id":
        return this.#name(source, source.args);
      case ".":
      case ".?": {
        const target = this.target(source.args[0]);
        const key = source.args[1];
        const optional = source.op === ".?";
        return { ...at, kind: "select", target, key, optional, origin: extend(target.origin, key, optional) };
      }
      case "[]":
      case "[?]": {
        const target = this.target(source.args[0]);
        const index = this.value(source.args[1]);
        const optional = source.op === "[?]";
        const origin = extend(target.origin, segmentOf(index, target.origin), optional);
        return { ...at, kind: "index", target, index, optional, origin };
      }
      case "list":
        return { ...at, kind: "list", elements: source.args.map((element) => this.value(element)) };
      case "map":
        return { ...at, kind: "map", entries: source.args.map(([key, value]) => [this.value(key), this.value(value)]) };
      case "!_":
        return { ...at, kind: "not", operand: this.value(source.args) };
      case "-_":
        return { ...at, kind: "negate", operand: this.value(source.args) };
      case "&&":
        return { ...at, kind: "and", left: this.value(source.args[0]), right: this.value(source.args[1]) };
      case "||":
        return { ...at, kind: "or", left: this.value(source.args[0]), right: this.value(source.args[1]) };
      case "?:": {
        const [condition, consequent, alternate] = source.args;
        return {
          ...at,
          kind: "conditional",
          condition: this.value(condition),
          consequent: this.value(consequent),
          alternate: this.value(alternate),
        };
      }
      case "call":
        return (
          resolveMacro(this, source, source.args[0], undefined, source.args[1]) ??
          this.#call(source, source.args[0], source.args[1], false)
        );
      case "rcall":
        return this.#method(source, source.args[0], source.args[1], source.args[2]);
    }
    if (isBinaryOperator(source.op)) {
      const [left, right] = source.args;
      return { ...at, kind: "binary", operator: source.op, left: this.value(left), right: this.value(right) };
    }
    throw this.refuse("syntax", "This kind of expression is not supported.", source);
  }

  #literal(source: Extract<LibraryNode, { op: "value" }>): null | boolean | number | string {
    const value = source.args;
    if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
      return value;
    if (typeof value === "bigint") {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      throw this.refuse(
        "syntax",
        `The whole number ${value} has more digits than a JSON number keeps; write it as text, in quotes.`,
        source,
      );
    }
    if (value instanceof Uint8Array)
      throw this.refuse(
        "syntax",
        'Bytes are not supported; use text and base64 or hex functions instead of b"…".',
        source,
      );
    throw this.refuse("syntax", "Unsigned numbers are not supported; leave out the u.", source);
  }

  #isLocal(name: string): boolean {
    return this.#locals.some((local) => local.name === name);
  }

  #name(source: LibraryNode, name: string): Node {
    const at = { start: source.start, end: source.end };
    const local = this.#locals.findLast((candidate) => candidate.name === name);
    if (local) return { ...at, kind: "local", name, origin: local.origin };
    if (this.#names.has(name)) {
      return { ...at, kind: "name", name, origin: { segments: [name], optional: false, reordered: false } };
    }
    const known = [...this.#locals.map((candidate) => candidate.name), ...this.#names];
    const nearest = nearestName(name, known);
    const hint = nearest ? `did you mean ${nearest}?` : `known names: ${known.join(", ")}.`;
    throw new ExpressionError("unknown_name", `There is no name ${name}; ${hint}`, {
      position: at,
      path: name,
      ...(nearest ? { nearest } : {}),
    });
  }

  #method(source: LibraryNode, name: string, receiver: LibraryNode, args: LibraryNode[]): Node {
    const macro = resolveMacro(this, source, name, receiver, args);
    if (macro) return macro;
    const isNamespace =
      receiver.op === "id" &&
      !this.#isLocal(receiver.args) &&
      !this.#names.has(receiver.args) &&
      namespaces.has(receiver.args);
    if (isNamespace) return this.#call(source, `${receiver.args}.${name}`, args, false);
    return this.#call(source, name, [receiver, ...args], true);
  }

  #call(source: LibraryNode, name: string, args: readonly LibraryNode[], isMethod: boolean): Node {
    const named = findFunctions(name, isMethod ? "method" : "function");
    if (named.length === 0) throw this.#unknownFunction(source, name, isMethod);
    const candidates = named.filter((entry) => acceptsCount(entry, args.length));
    if (candidates.length === 0) {
      const shapes = named.map((entry) => entry.signature).join(" or ");
      throw this.refuse(
        "unknown_function",
        `${name}() does not take ${args.length - (isMethod ? 1 : 0)} arguments; write ${shapes}.`,
        source,
      );
    }
    const resolved = args.map((argument) => this.value(argument));
    const at = { start: source.start, end: source.end };
    return {
      ...at,
      kind: "call",
      name,
      candidates,
      args: resolved,
      origin: isMethod ? through(name, resolved[0]?.origin) : undefined,
    };
  }

  #unknownFunction(source: LibraryNode, name: string, isMethod: boolean): ExpressionError {
    const called = isMethod ? `.${name}()` : `${name}()`;
    const other: FunctionEntry | undefined = findFunctions(name, isMethod ? "function" : "method")[0];
    if (other) return this.refuse("unknown_function", `${called} is written ${other.signature}.`, source);
    const nearest = nearestName(name, functionNames);
    return new ExpressionError(
      "unknown_function",
      `There is no function ${called}${nearest ? `; did you mean ${nearest}?` : "."}`,
      {
        position: { start: source.start, end: source.end },
        ...(nearest ? { nearest } : {}),
      },
    );
  }
}

function extend(origin: Origin | undefined, segment: Segment, optional: boolean): Origin | undefined {
  if (!origin) return undefined;
  return { segments: [...origin.segments, segment], optional: origin.optional || optional, reordered: false };
}

function segmentOf(index: Node, target: Origin | undefined): Segment {
  if (index.kind !== "literal") return "*";
  if (typeof index.value === "string") return index.value;
  return typeof index.value === "number" && !target?.reordered ? index.value : "*";
}

/** The origin of what a method gives, where it is a part of its receiver. */
function through(method: string, origin: Origin | undefined): Origin | undefined {
  if (!origin) return undefined;
  if (keepsElements.includes(method)) return { ...origin, reordered: true };
  if (givesElement.includes(method)) return { ...origin, segments: [...origin.segments, "*"], reordered: false };
  return givesSame.includes(method) ? origin : undefined;
}
