/** There is no such thing in this workspace; whether another workspace has it is not told. */
export class NotFound extends Error {
  /** What was asked for, such as `automation`. */
  readonly kind: string;

  constructor(kind: string, name: string) {
    super(`There is no ${kind} ${name} in this workspace.`);
    this.name = "NotFound";
    this.kind = kind;
  }
}
