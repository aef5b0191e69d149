export type Span = { start: number; end: number };

export interface PhraseFinder {
  /** Every stretch of the text that one or more phrases cover, in order, touching ones joined. */
  find(text: string): Span[];
}

/**
 * Aho-Corasick: one pass over the text finds all phrases, overlapping ones included, in time that depends on neither
 * their number nor their length. A regular expression would miss overlaps, and a tenant could make it slow.
 */
export function createPhraseFinder(phrases: readonly string[]): PhraseFinder {
  const trie = buildTrie(phrases);
  const { fail, longest, rootEdges } = trie;
  // Most characters start no phrase; one look into a small table passes over them.
  const startsPhrase = new Uint8Array(128);
  for (const first of rootEdges.keys()) if (first < 128) startsPhrase[first] = 1;

  return {
    find(text) {
      const spans: Span[] = [];
      let node = 0;
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (node === 0 && code < 128 && startsPhrase[code] === 0) continue;
        let next = edgeOf(trie, node, code);
        while (next === 0 && node !== 0) {
          node = fail[node] ?? 0;
          next = edgeOf(trie, node, code);
        }
        node = next;
        const length = longest[node] ?? 0;
        if (length > 0) join(spans, index + 1 - length, index + 1);
      }
      return spans;
    },
  };
}

/** Nodes as parallel arrays, because a redactor is built for each run: node 0 is the root, and index 0 means "none". */
type Trie = {
  unit: Uint16Array;
  child: Int32Array;
  sibling: Int32Array;
  /** The node of the longest proper suffix that is also in the trie. */
  fail: Int32Array;
  /** The length of the longest phrase that ends here. */
  longest: Int32Array;
  rootEdges: Map<number, number>;
};

function buildTrie(phrases: readonly string[]): Trie {
  const capacity = phrases.reduce((total, phrase) => total + phrase.length, 1);
  const trie: Trie = {
    unit: new Uint16Array(capacity),
    child: new Int32Array(capacity),
    sibling: new Int32Array(capacity),
    fail: new Int32Array(capacity),
    longest: new Int32Array(capacity),
    rootEdges: new Map(),
  };
  let size = 1;
  for (const phrase of phrases) {
    let node = 0;
    for (let index = 0; index < phrase.length; index++) {
      const code = phrase.charCodeAt(index);
      const known = edgeOf(trie, node, code);
      if (known === 0) addEdge(trie, node, code, size);
      node = known === 0 ? size++ : known;
    }
    trie.longest[node] = phrase.length;
  }
  linkSuffixes(trie);
  return trie;
}

function edgeOf({ unit, child, sibling, rootEdges }: Trie, node: number, code: number): number {
  if (node === 0) return rootEdges.get(code) ?? 0;
  let next = child[node] ?? 0;
  while (next !== 0 && unit[next] !== code) next = sibling[next] ?? 0;
  return next;
}

function addEdge({ unit, child, sibling, rootEdges }: Trie, node: number, code: number, added: number): void {
  unit[added] = code;
  if (node === 0) rootEdges.set(code, added);
  else {
    sibling[added] = child[node] ?? 0;
    child[node] = added;
  }
}

/** Breadth first, so that a node's suffix is linked before the node itself. */
function linkSuffixes(trie: Trie): void {
  const { unit, child, sibling, fail, longest, rootEdges } = trie;
  const queue = [...rootEdges.values()];
  for (const node of queue) {
    for (let next = child[node] ?? 0; next !== 0; next = sibling[next] ?? 0) {
      const code = unit[next] ?? 0;
      let suffix = fail[node] ?? 0;
      while (suffix !== 0 && edgeOf(trie, suffix, code) === 0) suffix = fail[suffix] ?? 0;
      fail[next] = edgeOf(trie, suffix, code);
      longest[next] = Math.max(longest[next] ?? 0, longest[fail[next] ?? 0] ?? 0);
      queue.push(next);
    }
  }
}

/** Ends only grow, so a new stretch can meet only the last ones. */
function join(spans: Span[], start: number, end: number): void {
  let last = spans.at(-1);
  while (last && last.start > start) {
    spans.pop();
    last = spans.at(-1);
  }
  if (last && last.end >= start) last.end = end;
  else spans.push({ start, end });
}
