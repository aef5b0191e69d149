import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

export const folder = join(dirname(fileURLToPath(import.meta.url)), "../dist/bundle");
export const entry = "main.cjs";
export const cacheOf = (path) => `${path}.cache`;

/**
 * Reads the files of the bundle as `require` would, and takes what V8 compiled of them when they were built
 * (`cache-code.mjs`): reading and compiling 6 MB is a third of a start. A cache of another Node.js is not used, and one that
 * is not there not missed. Node.js 22 can do this by itself (`module.enableCompileCache`), Node.js 20 can't.
 *
 * @param {(path: string, script: vm.Script) => void} onScript hears of each file
 * @returns {(file: string) => any} gives what a file exports
 */
export function openBundle(onScript = () => undefined) {
  const modules = new Map();
  const requireOther = createRequire(join(folder, entry));

  function requireFile(file) {
    const path = join(folder, file);
    const known = modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    // It has no letter beyond ASCII (rolldown.config.js). On the first line, so that stack traces name the right ones.
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "latin1")}\n})`;
    const script = new vm.Script(source, { filename: path, cachedData: readIfThere(cacheOf(path)) });
    onScript(path, script);
    script.runInThisContext()(module.exports, requireFrom, module, path, folder);
    return module.exports;
  }

  const requireFrom = (id) => (id.startsWith("./") ? requireFile(id) : requireOther(id));
  return requireFile;
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
