// Node 20 does not read TypeScript; Vite, which the tests bring along anyway, does.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const here = dirname(fileURLToPath(import.meta.url));

export async function loadTypeScript(file) {
  const { module } = await runnerImport(join(here, file), { configFile: false, root: here, logLevel: "error" });
  return module;
}
