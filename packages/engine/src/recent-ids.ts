/** Remembers the last `limit` ids. */
export function createRecentIds(limit: number): { add(id: string): void; has(id: string): boolean } {
  // A set keeps the order in which things came: the first is the oldest.
  const ids = new Set<string>();
  return {
    add(id) {
      ids.add(id);
      if (ids.size <= limit) return;
      const [oldest] = ids;
      if (oldest !== undefined) ids.delete(oldest);
    },
    has: (id) => ids.has(id),
  };
}
