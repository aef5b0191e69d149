import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate, startEmbeddedPostgres } from "@millrace/db";
import { runMigrations } from "bullmq";
import pg from "pg";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    testDatabase: {
      /** A superuser's, of a database that no test uses. */
      url: string;
      /** The migrated database that each test's own is a copy of. */
      template: string;
    };
  }
}

/** A test that needs durability starts a cluster of its own. */
const fastSettings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "300" };

type Cluster = { adminUrl: string; template: string; users: number; stop(): Promise<void> };

declare global {
  // Each of vitest's projects loads this file anew, into the same process: only what is global is theirs together.
  var millraceTestCluster: Promise<Cluster> | undefined;
}

/** One PostgreSQL for the whole run, on a free port, in a temporary directory; nothing of it stays. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  globalThis.millraceTestCluster ??= startCluster();
  const cluster = await globalThis.millraceTestCluster;
  cluster.users++;
  project.provide("testDatabase", { url: cluster.adminUrl, template: cluster.template });
  return async () => {
    cluster.users--;
    if (cluster.users > 0) return;
    globalThis.millraceTestCluster = undefined;
    await cluster.stop();
  };
}

async function startCluster(): Promise<Cluster> {
  const home = await mkdtemp(join(tmpdir(), "millrace-test-"));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(home, 0o711);
  const server = await startEmbeddedPostgres({ home, log: () => undefined, settings: fastSettings });
  await migrate(server.url);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
  const admin = new URL(server.url);
  admin.pathname = "/postgres";
  return {
    adminUrl: admin.toString(),
    template: new URL(server.url).pathname.slice(1),
    users: 0,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
