import { invalidArgument } from "../fault.ts";

const decimal = /^[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?$/;

/** A number from text as JSON and CEL write it: no spaces, no thousands separators, no hex. */
export function parseDecimalText(text: string): number {
  const number = text.length <= 800 && decimal.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number === 0 ? 0 : number;
  throw invalidArgument(`${JSON.stringify(text.slice(0, 40))} is not a number such as 12.5`);
}
