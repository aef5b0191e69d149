import { describe, expect, test } from "vitest";
import { listEndpoints } from "./endpoints.ts";
import { openApiDocument } from "./open-api-document.ts";

const document = openApiDocument({ version: "1.2.3", publicUrl: "https://millrace.example/" });
const text = JSON.stringify(document);

test("describes every endpoint under its path and method", () => {
  for (const { resource, name, endpoint } of listEndpoints()) {
    const path = document.paths?.[endpoint.path.replace(/:(\w+)/g, "{$1}")];
    expect(path?.[endpoint.method]?.operationId, `${resource}.${name}`).toBe(`${resource}.${name}`);
  }
});

test("has no reference to a schema that it lacks", () => {
  const known = new Set(Object.keys(document.components?.schemas ?? {}));
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
  expect([...used].filter((name) => name === undefined || !known.has(name))).toEqual([]);
  expect(text).not.toContain('"#/$defs/');
});

test("says where the API is and which version it has", () => {
  expect(document.info.version).toBe("1.2.3");
  expect(document.servers?.[0]?.url).toBe("https://millrace.example/api");
});

describe("the table", () => {
  const rows = listEndpoints().map((row) => ({ ...row, label: `${row.resource}.${row.name}` }));

  test.each(rows)("$label names its path parameters once and no two inputs alike", ({ endpoint }) => {
    const inPath = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(endpoint.params?.shape ?? {})).toEqual(inPath);
    const names = [endpoint.params, endpoint.query, endpoint.body].flatMap((schema) =>
      Object.keys(schema?.shape ?? {}),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test("has no method and path twice", () => {
    const keys = rows.map(({ endpoint }) => `${endpoint.method} ${endpoint.path}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each(rows)("$label refuses keys that it does not know", ({ endpoint }) => {
    for (const schema of [endpoint.params, endpoint.query, endpoint.body]) {
      if (!schema) continue;
      const issues = schema.safeParse({ workspaceId: "ws_other" }).error?.issues ?? [];
      expect(issues.map((issue) => issue.code)).toContain("unrecognized_keys");
    }
  });

  test.each(rows.filter(({ endpoint }) => endpoint.method === "get"))("$label reads, so it takes no body", (row) => {
    expect(row.endpoint.body).toBeUndefined();
  });
});
