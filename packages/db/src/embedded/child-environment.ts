const passedOn = ["PATH", "SystemRoot", "TEMP", "TMP", "LD_LIBRARY_PATH"];

/** PostgreSQL gets what it needs to run and nothing else: no PG* variable that changes it, and none of our secrets. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { LC_ALL: "C" };
  for (const name of passedOn) {
    if (process.env[name] !== undefined) environment[name] = process.env[name];
  }
  return environment;
}
