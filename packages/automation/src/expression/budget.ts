import { Fault } from "./fault.ts";

/**
 * What one evaluation may spend when nobody says otherwise. A unit is one visited node, one list element, one map
 * entry or 16 code units of text that a built-in handles at once; slower work costs more. Every charge is made before
 * the work, so a budget bounds time and memory alike. The whole of it takes some 5 to 25 ms to spend.
 */
export const defaultBudgetUnits = 400_000;

/** No list or map that an expression makes is longer, and no text either, whatever the budget. */
export const largestText = 4 * 1024 * 1024;

/** How deep values may nest before comparing, copying or printing them is refused. */
export const deepestValue = 200;

/** Work that expressions may do. One budget may be shared by several expressions of one step. */
export class Budget {
  readonly units: number;
  #spent = 0;
  #made = new Map<string, unknown>();

  constructor(units: number = defaultBudgetUnits) {
    this.units = units;
  }

  get spent(): number {
    return this.#spent;
  }

  spend(units: number): void {
    this.#spent += units;
    if (!(this.#spent <= this.units)) {
      this.#spent = this.units;
      this.#made.clear();
      throw new Fault("too_expensive", `needs more than the ${this.units} units of work that one step may spend`);
    }
  }

  /** Text built or read by a built-in that handles many code units at once. */
  spendText(codeUnits: number): void {
    this.spend(1 + codeUnits / 16);
  }

  /** Text handled by a loop of ours, one code unit at a time. */
  spendSlowText(codeUnits: number): void {
    this.spend(1 + codeUnits / 4);
  }

  /**
   * Something costly to make, such as a compiled pattern or a time zone's calendar: paid for once per budget. The price
   * must not depend on what other budgets made before, or the same expression would cost more on one day than another.
   */
  make<T>(kind: { readonly id: string; make(key: string): T }, key: string, units: number): T {
    const name = `${kind.id}:${key}`;
    const known = this.#made.get(name);
    // Only `kind.make` writes under `kind.id`, so what is found there is a T.
    if (known !== undefined) return known as T;
    this.spend(units);
    const made = kind.make(key);
    this.#made.set(name, made);
    return made;
  }
}
