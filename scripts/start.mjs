import "./node-version.mjs";
import { entry, openBundle } from "../apps/server/bundle/load-bundle.mjs";

const startedAt = Date.now();
const { install, build, root } = await import("./prepare.mjs");
await install();
await build();
const { start } = openBundle()(entry);
await start({ root, startedAt });
