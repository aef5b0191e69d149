export type Page<Item> = { items: Item[]; nextCursor: string | null };
type PageQuery = { cursor?: string; limit: number };

const longestPage = 100;

/** Up to `limit` items, read page by page; `nextCursor` says whether there are more. */
export async function listPages<Item>(
  limit: number,
  list: (query: PageQuery) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let nextCursor: string | null = null;
  do {
    const query: PageQuery = { limit: Math.min(longestPage, limit - items.length) };
    if (nextCursor !== null) query.cursor = nextCursor;
    const page: Page<Item> = await list(query);
    items.push(...page.items);
    nextCursor = page.nextCursor;
  } while (nextCursor !== null && items.length < limit);
  return { items, nextCursor };
}

/** Every item, for looking one up by its name. */
export async function listEvery<Item>(list: (query: PageQuery) => Promise<Page<Item>>): Promise<Item[]> {
  return (await listPages(Number.POSITIVE_INFINITY, list)).items;
}
