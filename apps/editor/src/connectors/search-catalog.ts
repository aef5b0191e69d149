import type { CatalogAction, Connector } from "@millrace/contract";

export type CatalogMatch = { connector: Connector; actions: CatalogAction[] };

/** Connectors that fit every word; one that fits by its own name shows all of its actions. */
export function searchCatalog(connectors: readonly Connector[], query: string): CatalogMatch[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return connectors.flatMap((connector) => {
    const own = `${connector.title} ${connector.id}`.toLowerCase();
    const rest = words.filter((word) => !own.includes(word));
    const actions = connector.actions.filter((action) => fits(action, rest));
    return actions.length > 0 ? [{ connector, actions }] : [];
  });
}

function fits({ title, summary, name }: CatalogAction, words: readonly string[]): boolean {
  const text = `${title} ${summary} ${name}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
