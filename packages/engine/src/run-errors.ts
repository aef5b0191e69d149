/** There is no such run in this workspace. */
export class RunNotFound extends Error {
  constructor(runId: string) {
    super(`There is no run ${runId} in this workspace.`);
    this.name = "RunNotFound";
  }
}

/** The run's status does not allow this. */
export class RunStateConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RunStateConflict";
  }
}
