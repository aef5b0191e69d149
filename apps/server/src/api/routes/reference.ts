import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { definitionSchema, functionTable } from "@millrace/automation";
import { isJsonObject, type JsonObject } from "@millrace/base";
import { toJson } from "@millrace/connector-kit";
import { endpoints, openApiDocument } from "@millrace/contract";
import { z } from "zod";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";
import { templates } from "../templates/templates.ts";

const packageFile = createRequire(import.meta.url).resolve("@millrace/server/package.json");
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, "utf8")));

export function referenceRoutes({ route, publicRoute }: Routes, { publicUrl }: ApiServices): void {
  // Made when somebody asks: they take a tenth of the time in which a process starts.
  const definitionDocument = once(() => asObject(z.toJSONSchema(definitionSchema, { io: "input" })));
  const apiDocument = once(() => asObject(openApiDocument({ version, publicUrl })));
  const functions = functionTable.map(({ name, family, form, signature, result, doc, example }) => ({
    ...{ name, family, form, signature, result, doc, example },
  }));

  route(endpoints.reference.templates, async () => ({ items: [...templates] }));
  publicRoute(endpoints.reference.expressions, async () => ({ functions }));
  publicRoute(endpoints.reference.definitionSchema, async () => definitionDocument());
  publicRoute(endpoints.reference.openApi, async () => apiDocument());
}

function once(make: () => JsonObject): () => JsonObject {
  let made: JsonObject | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function asObject(document: object): JsonObject {
  const json = toJson(document);
  return isJsonObject(json) ? json : {};
}
