import "./node-version.mjs";

const startedAt = Date.now();
const { install, build, root } = await import("./prepare.mjs");
await install();
await build();
const { start } = await import(new URL("../apps/server/dist/bundle/main.js", import.meta.url).href);
await start({ root, startedAt });
