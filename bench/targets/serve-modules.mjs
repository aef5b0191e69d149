// What scripts/serve.mjs runs, from its single modules: a profile of the bundle could not say which package a function is of.
import { fileURLToPath } from "node:url";
import { start } from "../../apps/server/dist/main.js";

await start({ root: fileURLToPath(new URL("../..", import.meta.url)), startedAt: Date.now() });
