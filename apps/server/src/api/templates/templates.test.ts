import { checkDefinition, parseDefinition } from "@millrace/automation";
import { createRegistry } from "@millrace/connector-kit";
import { createConnectors } from "@millrace/connectors";
import { expect, test } from "vitest";
import { catalogOf } from "../definition-world.ts";
import { templates } from "./templates.ts";

const catalog = catalogOf(createRegistry(createConnectors({ anthropicDefaultModel: "claude-test" })));

test.each(templates)("$id can be published once its connections are there", ({ connectors, definition }) => {
  expect(parseDefinition(definition)).toEqual({ ok: true, definition });
  const connections = connectors.map((connectorId) => ({ connectorId, name: connectorId }));
  expect(checkDefinition(definition, { ...catalog, connections })).toEqual([]);
});

test.each(templates)("$id says which connections it needs", ({ connectors, definition }) => {
  const issues = checkDefinition(definition, { ...catalog, connections: [] });
  expect(issues.length > 0).toBe(connectors.length > 0);
  expect(issues.every(({ code }) => code === "unknown_connection")).toBe(true);
});

test("there are at least six, and no two of one id or name", () => {
  expect(templates.length).toBeGreaterThanOrEqual(6);
  expect(new Set(templates.map(({ id }) => id)).size).toBe(templates.length);
  expect(new Set(templates.map(({ definition }) => definition.name)).size).toBe(templates.length);
});
