/**
 * From the lowest up to, but without, what follows the highest. Ids sort by their time, so with such bounds a statement
 * opens only the partitions of the days that the ids are of.
 */
export function boundsOf(ids: readonly string[]): [lowest: string, beyond: string] {
  let lowest = ids[0] ?? "";
  let highest = lowest;
  for (const id of ids) {
    if (id < lowest) lowest = id;
    if (id > highest) highest = id;
  }
  return [lowest, `${highest} `];
}
