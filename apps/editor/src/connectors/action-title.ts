import type { CatalogAction, Connector } from "@millrace/contract";

export function findAction(catalog: readonly Connector[], actionId: string): CatalogAction | undefined {
  return connectorOf(catalog, actionId)?.actions.find(({ id }) => id === actionId);
}

/** `anthropic.messageToAi` belongs to `anthropic`. */
export function connectorOf(catalog: readonly Connector[], actionId: string): Connector | undefined {
  const connectorId = actionId.slice(0, Math.max(0, actionId.indexOf(".")));
  return catalog.find(({ id }) => id === connectorId);
}

export function actionTitle(catalog: readonly Connector[], actionId: string): string {
  return findAction(catalog, actionId)?.title ?? actionId;
}
