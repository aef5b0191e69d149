// What the image runs: the built server, without installing or building anything.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const startedAt = Date.now();
const { start } = await import(new URL("../apps/server/dist/bundle/main.js", import.meta.url).href);
await start({ root: dirname(dirname(fileURLToPath(import.meta.url))), startedAt });
