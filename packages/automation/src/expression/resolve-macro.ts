import type { Resolver } from "./resolve.ts";
import type { LibraryNode, Macro, Node, Origin } from "./syntax.ts";

/** Macros over a list or map: how many variables, and whether three arguments mean a filter or a second variable. */
const overRange: Record<string, { macro: Macro; takes: readonly number[]; keepsElements?: true }> = {
  all: { macro: "all", takes: [2, 3] },
  exists: { macro: "exists", takes: [2, 3] },
  exists_one: { macro: "exists_one", takes: [2, 3] },
  existsOne: { macro: "exists_one", takes: [2, 3] },
  map: { macro: "map", takes: [2, 3] },
  filter: { macro: "filter", takes: [2], keepsElements: true },
  sortBy: { macro: "sortBy", takes: [2], keepsElements: true },
  groupBy: { macro: "groupBy", takes: [2] },
  transformList: { macro: "transformList", takes: [3, 4] },
  transformMap: { macro: "transformMap", takes: [3, 4] },
};

/** The node of a macro call, or undefined if it isn't one. */
export function resolveMacro(
  resolver: Resolver,
  source: LibraryNode,
  name: string,
  receiver: LibraryNode | undefined,
  args: LibraryNode[],
): Node | undefined {
  if (!receiver) return name === "has" ? resolveHas(resolver, source, args) : undefined;
  if (receiver.op === "id" && receiver.args === "cel" && name === "bind") return resolveBind(resolver, source, args);
  const shape = Object.hasOwn(overRange, name) ? overRange[name] : undefined;
  if (shape) return resolveRange(resolver, source, name, shape, receiver, args);
  if (name === "orValue" || name === "or") return resolveOr(resolver, source, name, receiver, args);
  if (name === "optMap" || name === "optFlatMap") return resolveOptMap(resolver, source, name, receiver, args);
  return undefined;
}

function resolveHas(resolver: Resolver, source: LibraryNode, args: LibraryNode[]): Node {
  const node = args.length === 1 && args[0] ? resolver.target(args[0]) : undefined;
  if (node?.kind !== "select")
    throw resolver.refuse("syntax", "has() takes one path with a field, such as has(trigger.body.name).", source);
  if (node.origin) resolver.lineage.addGuard(node.origin.segments);
  return { start: source.start, end: source.end, kind: "has", target: node.target, key: node.key };
}

function resolveBind(resolver: Resolver, source: LibraryNode, args: LibraryNode[]): Node {
  const [variable, value, body] = args;
  if (!value || !body) throw resolver.refuse("syntax", "cel.bind() takes a name, a value and an expression.", source);
  const name = resolver.variable(variable, "cel.bind");
  const bound = resolver.value(value);
  return {
    start: source.start,
    end: source.end,
    kind: "bind",
    variable: name,
    value: bound,
    body: resolver.within(name, bound.origin, () => resolver.value(body)),
  };
}

function resolveRange(
  resolver: Resolver,
  source: LibraryNode,
  name: string,
  { macro, takes, keepsElements }: { macro: Macro; takes: readonly number[]; keepsElements?: true },
  receiver: LibraryNode,
  args: LibraryNode[],
): Node {
  const last = args.at(-1);
  if (!last || !takes.includes(args.length)) {
    throw resolver.refuse(
      "syntax",
      `${name}() takes ${takes.join(" or ")} arguments, a variable's name first.`,
      source,
    );
  }
  const range = resolver.value(receiver);
  const variable = resolver.variable(args[0], name);
  const hasSecond = macro === "transformList" || macro === "transformMap" || (args.length === 3 && macro !== "map");
  const second = hasSecond ? resolver.variable(args[1], name) : undefined;
  const element: Origin | undefined = range.origin && {
    ...range.origin,
    segments: [...range.origin.segments, "*"],
    reordered: false,
  };
  const filterSource =
    args.length === (hasSecond ? 4 : 3) && (hasSecond || macro === "map") ? args[args.length - 2] : undefined;
  const inside = <T>(resolve: () => T): T =>
    second === undefined
      ? resolver.within(variable, element, resolve)
      : resolver.within(variable, undefined, () => resolver.within(second, element, resolve));
  const filter = filterSource && inside(() => resolver.value(filterSource));
  const body = inside(() => resolver.value(last));
  const origin = keepsElements && range.origin ? { ...range.origin, reordered: true } : undefined;
  return { start: source.start, end: source.end, kind: "macro", macro, range, variable, second, filter, body, origin };
}

function resolveOr(
  resolver: Resolver,
  source: LibraryNode,
  name: string,
  receiver: LibraryNode,
  args: LibraryNode[],
): Node {
  const [other] = args;
  if (args.length !== 1 || !other) throw resolver.refuse("syntax", `${name}() takes one argument.`, source);
  const target = resolver.value(receiver);
  const alternative = resolver.value(other);
  const at = { start: source.start, end: source.end, origin: target.origin };
  if (name === "or") return { ...at, kind: "orOptional", target, alternative };
  return { ...at, kind: "orValue", target, fallback: alternative };
}

function resolveOptMap(
  resolver: Resolver,
  source: LibraryNode,
  name: string,
  receiver: LibraryNode,
  args: LibraryNode[],
): Node {
  const [variableSource, bodySource] = args;
  if (args.length !== 2 || !bodySource)
    throw resolver.refuse("syntax", `${name}() takes a name and an expression.`, source);
  const variable = resolver.variable(variableSource, name);
  const target = resolver.value(receiver);
  const body = resolver.within(variable, target.origin, () => resolver.value(bodySource));
  return { start: source.start, end: source.end, kind: "optMap", target, variable, body, flat: name === "optFlatMap" };
}
