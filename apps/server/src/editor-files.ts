import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@millrace/base";
import express, { Router } from "express";
import { securityHeaders } from "./middleware/security-headers.ts";

/** The built editor. Every path that is no file is its first page: the browser routes. */
export function editorFiles(folder: string, publicUrl: string): Router {
  const router = Router();
  const file = join(folder, "index.html");
  if (!existsSync(file)) throw new ConfigError(`The editor is not built: ${file} is missing. Run npm run build.`);
  const page = readFileSync(file, "utf8");
  router.use(securityHeaders({ publicUrl }));
  router.use(
    "/assets",
    express.static(join(folder, "assets"), { immutable: true, maxAge: "1y", index: false, fallthrough: false }),
  );
  router.use(express.static(folder, { index: false, maxAge: 0 }));
  router.get("/{*path}", (_request, response) => {
    // Styles that the page makes while it runs carry this response's nonce.
    const nonce = `<meta name="csp-nonce" content="${response.locals.cspNonce}" />`;
    response
      .set("cache-control", "no-store")
      .type("html")
      .send(page.replace("<head>", `<head>${nonce}`));
  });
  return router;
}
