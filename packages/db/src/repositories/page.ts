/** One page of a list; `nextCursor` is null on the last one. */
export type Page<Item> = { items: Item[]; nextCursor: string | null };

export type PageRequest = {
  cursor?: string | undefined;
  /** 50 unless said otherwise, 200 at most. */
  limit?: number | undefined;
};

const defaultLimit = 50;
const highestLimit = 200;

export function pageSize(limit: number = defaultLimit): number {
  return Math.min(Math.max(Math.trunc(limit) || 1, 1), highestLimit);
}

/** `rows` were read with one more than `size`, which tells whether another page follows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  size: number,
  present: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    nextCursor: rows.length > size && last !== undefined ? cursorOf(last) : null,
  };
}
