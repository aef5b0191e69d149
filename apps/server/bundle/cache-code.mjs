// A step of the build, after the bundle: keeps beside each of its files what V8 compiles of it while it is loaded.
import { readdirSync, writeFileSync } from "node:fs";
import { cacheOf, entry, folder, openBundle } from "./load-bundle.mjs";

const scripts = new Map();
const load = openBundle((path, script) => scripts.set(path, script));
load(entry);
// What is loaded later on demand, too.
for (const file of readdirSync(folder)) if (file.endsWith(".cjs")) load(file);
for (const [path, script] of scripts) writeFileSync(cacheOf(path), script.createCachedData());
