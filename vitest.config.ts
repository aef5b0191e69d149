import { defineConfig } from "vitest/config";

// `millrace-source` makes packages resolve to each other's sources, so that tests need no build.
const resolve = { conditions: ["millrace-source", "node"] };
const ssr = { resolve };
const environments = { __vitest__: { resolve } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve,
        ssr,
        environments,
        test: {
          name: "unit",
          // A property test on a busy machine is slow, not wrong.
          testTimeout: 120_000,
          include: [
            "packages/{base,automation,connector-kit,contract,vault,engine,webhooks}/src/**/*.test.ts",
            "scripts/**/*.test.mjs",
          ],
        },
      },
      {
        resolve,
        ssr,
        environments,
        test: {
          name: "integration",
          include: [
            "packages/{db,queue,connectors,testing}/src/**/*.test.ts",
            "apps/{server,worker,cli}/src/**/*.test.ts",
          ],
          globalSetup: ["packages/testing/src/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { conditions: ["millrace-source", "browser", "import", "module", "default"] },
        test: {
          name: "editor",
          testTimeout: 60_000,
          include: ["apps/editor/src/**/*.test.{ts,tsx}"],
        },
      },
      {
        resolve,
        ssr,
        environments,
        test: {
          name: "walkthrough",
          include: ["tests/**/*.test.ts"],
          globalSetup: ["packages/testing/src/global-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
