import express, { type Router } from "express";
// Its main module would load the whole page script into this process.
import absolutePath from "swagger-ui-dist/absolute-path.js";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Millrace API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="icon" href="docs/favicon-32x32.png">
  </head>
  <body>
    <div id="api"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, tryItOutEnabled: false });\n`;

const files = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/** The API's page, from our own files: nothing is loaded from elsewhere, and no script stands in the page. */
export function documentation(): Router {
  const router = express.Router({ strict: true });
  router.get("/docs", (_request, response) => {
    response.type("html").send(page);
  });
  router.get("/docs/", (_request, response) => {
    response.redirect("../docs");
  });
  router.get("/docs/start.js", (_request, response) => {
    response.type("js").send(start);
  });
  for (const file of files) {
    router.get(`/docs/${file}`, (_request, response) => {
      response.sendFile(file, { root: absolutePath(), maxAge: 3_600_000 });
    });
  }
  return router;
}
