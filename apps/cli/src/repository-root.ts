import { fileURLToPath } from "node:url";

/** `src/` and `dist/` stand equally deep. */
export const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url));
