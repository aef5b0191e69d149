import type { CatalogConnector } from "@millrace/connector-kit";
import type { Connector } from "@millrace/contract";

export function presentConnector({ id, title, summary, icon, connection, actions }: CatalogConnector): Connector {
  const need = connection ? (connection.required ? "required" : "optional") : "none";
  return {
    id,
    title,
    summary,
    icon,
    connection: connection && {
      kind: connection.kind,
      isRequired: connection.required,
      fields: connection.fields.map(({ secret, required, ...field }) => ({
        ...field,
        isSecret: secret,
        isRequired: required,
      })),
    },
    actions: actions.map((action) => ({
      id: action.id,
      name: action.id.slice(id.length + 1),
      title: action.title,
      summary: action.summary,
      effect: action.effect,
      replay: action.replay,
      connection: action.kind === "state" ? "none" : need,
      input: action.inputSchema,
      output: action.outputSchema,
      example: action.example,
      optionFields: action.hasOptions,
    })),
  };
}
