// What the image runs: the built server, without installing or building anything.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { entry, openBundle } from "../apps/server/bundle/load-bundle.mjs";

const startedAt = Date.now();
const { start } = openBundle()(entry);
await start({ root: dirname(dirname(fileURLToPath(import.meta.url))), startedAt });
