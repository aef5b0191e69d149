import { isCollection, isMap, isNode, isScalar, isSeq, type Node, type Pair } from "yaml";

/**
 * The offset of a path such as `steps[1].input.key` in the document. A key's own place, because that is what a person
 * has to change; where the path leads beyond what is there, the last place that exists.
 */
export function locate(root: Node | null, path: string): number {
  let node: unknown = root;
  let offset = offsetOf(root) ?? 0;
  let rest = path;
  while (rest !== "" && isCollection(node)) {
    const step = isSeq(node) ? intoList(node.items, rest) : isMap(node) ? intoMap(node.items, rest) : undefined;
    if (!step) return offset;
    offset = offsetOf(step.place) ?? offset;
    node = step.value;
    rest = step.rest;
  }
  return offset;
}

type Inward = { place: unknown; value: unknown; rest: string };

function intoList(items: readonly unknown[], rest: string): Inward | undefined {
  const [, digits = "", after = ""] = /^\[(\d+)\](.*)$/s.exec(rest) ?? [];
  const item = digits === "" ? undefined : items[Number(digits)];
  return item === undefined ? undefined : { place: item, value: item, rest: after };
}

/** Keys may hold dots and brackets themselves, so the longest key that fits is meant. */
function intoMap(pairs: readonly Pair[], rest: string): Inward | undefined {
  const text = rest.startsWith(".") ? rest.slice(1) : rest;
  let best: { pair: Pair; key: string } | undefined;
  for (const pair of pairs) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const fits = text === key || text.startsWith(`${key}.`) || text.startsWith(`${key}[`);
    if (fits && key.length >= (best?.key.length ?? 0)) best = { pair, key };
  }
  return best && { place: best.pair.key, value: best.pair.value, rest: text.slice(best.key.length) };
}

function offsetOf(value: unknown): number | undefined {
  return isNode(value) ? value.range?.[0] : undefined;
}
