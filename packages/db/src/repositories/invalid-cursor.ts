/** A cursor that no list of this kind gave out. */
export class InvalidCursor extends Error {
  constructor() {
    super("This cursor belongs to no list of this kind. Leave it out to start at the first page.");
    this.name = "InvalidCursor";
  }
}
