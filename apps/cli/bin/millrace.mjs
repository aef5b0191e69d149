#!/usr/bin/env node
import "../../../scripts/node-version.mjs";

const built = new URL("../dist/main.js", import.meta.url).href;

/** Missing is our own output or that of a package of ours; a missing library means that nothing was installed. */
function isNotBuilt(error) {
  return error?.code === "ERR_MODULE_NOT_FOUND";
}

const cli = await import(built).catch((error) => {
  if (!isNotBuilt(error)) throw error;
  console.error("The millrace command is not built yet: run npm start or npm run build in the repository first.");
  process.exit(1);
});
await cli.main();
