import type { Json } from "@millrace/base";

/** What was asked contradicts what is stored by now. `facts` hold what the caller needs to go on. */
export class Conflict extends Error {
  readonly facts: Readonly<Record<string, Json>>;

  constructor(message: string, facts: Readonly<Record<string, Json>> = {}) {
    super(message);
    this.name = "Conflict";
    this.facts = facts;
  }
}
