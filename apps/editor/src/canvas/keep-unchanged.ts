/** What of a node or edge can be seen; functions are left out, because they do the same as before. */
const looks = (item: object) => JSON.stringify(item, (key, value) => (key === "connector" ? value?.id : value));

/**
 * The new list (or the old one, where nothing changed) with every item that looks as before replaced by the old object: the canvas draws only what changed, and
 * typing in one step of two hundred stays quick.
 */
export function keepUnchanged<Item extends { id: string }>(old: Item[], next: readonly Item[]): Item[] {
  const before = new Map(old.map((item) => [item.id, item]));
  const kept = next.map((item) => {
    const known = before.get(item.id);
    return known && looks(known) === looks(item) ? known : item;
  });
  const isSame = kept.length === old.length && kept.every((item, index) => item === old[index]);
  return isSame ? old : kept;
}
