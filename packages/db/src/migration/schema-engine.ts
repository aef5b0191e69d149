import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import * as engineModule from "@prisma/schema-engine-wasm/schema_engine_bg";
import type pg from "pg";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-files.ts";

/** Node has it; its type definitions of version 20 don't. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

let loading: Promise<void> | undefined;

/** Once, however many migrate at a time: the engine's glue code knows a single instance. */
function loadEngine(): Promise<void> {
  loading ??= putTogether();
  return loading;
}

/** The engine's own entry wants a bundler that imports .wasm files. */
async function putTogether(): Promise<void> {
  const directory = dirname(createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm"));
  const bytes = await readFile(join(directory, "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": engineModule });
  engineModule.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database lacks, each in one transaction, through Prisma's schema engine. Returns the
 * names of those applied. Throws MigrationError.
 */
export async function applyMigrations(
  pool: pg.Pool,
  migrations: readonly Migration[],
  baseDir: string,
): Promise<string[]> {
  await loadEngine();
  const failures: MigrationError[] = [];
  const adapters = atomicAdapterFactory(pool, migrations, failures);
  const engine = await engineModule.SchemaEngine.new(
    { datamodels: [["schema.prisma", 'datasource db {\n  provider = "postgresql"\n}\n']] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapters),
  );
  try {
    const migrationsList = {
      baseDir,
      lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
      shadowDbInitScript: "",
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: "migration.sql", content: { tag: "ok" as const, value: sql } },
      })),
    };
    const history = await engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters });
    // Scripts are all or nothing, so one that failed left nothing behind and may be tried again.
    for (const migrationName of history.failedMigrationNames) await engine.markMigrationRolledBack({ migrationName });
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    return appliedMigrationNames;
  } catch (cause) {
    // The engine's own error tells where in its source it was, not what PostgreSQL said.
    throw (
      failures[0] ?? new MigrationError(`The database could not be migrated: ${(cause as Error).message}`, { cause })
    );
  } finally {
    engine.free();
  }
}

/**
 * Prisma's adapter cuts a script at every semicolon and runs the pieces one by one, which breaks function bodies and can
 * end half-way. Sent whole, a script is one transaction, and notes its own success in the same one.
 */
function atomicAdapterFactory(
  pool: pg.Pool,
  migrations: readonly Migration[],
  failures: MigrationError[],
): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await factory.connect();
    adapter.executeScript = async (script) => {
      const migration = migrations.find(({ sql }) => sql === script);
      if (migration === undefined) {
        await pool.query(script);
        return;
      }
      try {
        await pool.query(`${script}\n;${successOf(migration)};`);
      } catch (cause) {
        const message = `The migration ${migration.name} failed and was rolled back: ${(cause as Error).message}`;
        failures.push(new MigrationError(message, { cause }));
        throw cause;
      }
    };
    return adapter;
  };
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect,
    connectToShadowDb: (): Promise<SqlDriverAdapter> => {
      throw new Error("Migrations are applied without a shadow database.");
    },
  };
}

// Names of migrations are checked when they are read, so they can't break out of the literal.
const successOf = ({ name }: Migration): string =>
  `UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "migration_name" = '${name}' AND "rolled_back_at" IS NULL`;
