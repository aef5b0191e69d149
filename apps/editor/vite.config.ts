import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:4400";

export default defineConfig({
  plugins: [react()],
  // Packages of this repository are read as sources, so that the editor needs no build of theirs.
  resolve: { conditions: ["millrace-source", "browser", "import", "module", "default"] },
  build: {
    outDir: "dist",
    target: "es2023",
    // The page's content policy allows fonts and images from our own address only, so nothing becomes a data: URL.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /packages\/(base|automation|contract)\//, sideEffects: false }] },
    },
  },
  server: { host: "127.0.0.1", port: 4401, proxy: { "/api": server, "/hooks": server } },
});
