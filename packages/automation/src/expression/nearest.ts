const longestCompared = 48;
const mostCompared = 200;

/** Letters to insert, delete or replace, or pairs to swap, to make one text of the other; case counts a little. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, longestCompared).toLowerCase();
  const b = right.slice(0, longestCompared).toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return (last[b.length] ?? 0) + (left === right ? 0 : 0.1);
}

/** The candidate that was most likely meant, or undefined where none resembles the name. Looks at 200 candidates. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates.slice(0, mostCompared)) {
    const distance = editDistance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  if (nearest === undefined) return undefined;
  return least <= Math.max(2.1, Math.max(name.length, nearest.length) * 0.6) ? nearest : undefined;
}
