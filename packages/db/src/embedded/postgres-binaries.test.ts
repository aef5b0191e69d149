import { execFile } from "node:child_process";
import { chmod, cp, lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { preparePostgresBinaries } from "./postgres-binaries.ts";
import { userForPostgres } from "./system-user.ts";

const run = promisify(execFile);

test("makes the library links and modes that install scripts would have made, in a place that the user can reach", async () => {
  const user = await userForPostgres();
  const directory = await mkdtemp(join(tmpdir(), "millrace-binaries-"));
  const reachable = await mkdtemp(join(tmpdir(), "millrace-copy-"));
  try {
    await chmod(reachable, 0o755);
    const { postgres } = await preparePostgresBinaries(undefined, reachable);
    const bare = join(directory, "package");
    await cp(dirname(dirname(dirname(postgres))), bare, { recursive: true, verbatimSymlinks: true });
    const lib = join(bare, "native", "lib");
    for (const name of await readdir(lib)) {
      if ((await lstat(join(lib, name))).isSymbolicLink()) await rm(join(lib, name));
    }
    await chmod(join(bare, "native", "bin", "initdb"), 0o644);
    // `directory` is ours only, so another user needs a copy.
    const prepared = await preparePostgresBinaries(user, reachable, bare);
    expect(prepared.postgres.startsWith(user === undefined ? directory : reachable)).toBe(true);
    for (const binary of [prepared.initdb, prepared.postgres]) {
      const { stdout } = await run(binary, ["--version"], { ...user, cwd: "/" });
      expect(stdout).toContain(`PostgreSQL) ${prepared.major}.`);
    }
  } finally {
    await rm(directory, { recursive: true });
    await rm(reachable, { recursive: true });
  }
});
