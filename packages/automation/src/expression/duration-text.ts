import { invalidArgument } from "./fault.ts";

/** CEL's range: about 10,000 years either way. */
const longestMs = 315_576_000_000_000;

const unitMs = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const isUnit = (text: string): text is keyof typeof unitMs => Object.hasOwn(unitMs, text);
const isDigit = (code: number) => code >= 48 && code <= 57;

/** `1h30m`, `-1.5s`, `250ms`: numbers with units, largest text 64. Less than a millisecond is dropped. */
export function parseDuration(text: string): number {
  const refuse = () => invalidArgument(`${JSON.stringify(text.slice(0, 40))} is not a duration such as 90s or 1h30m`);
  if (text.length === 0 || text.length > 64) throw refuse();
  const sign = text[0] === "-" ? -1 : 1;
  let index = text[0] === "-" || text[0] === "+" ? 1 : 0;
  if (text.slice(index) === "0") return 0;
  if (index === text.length) throw refuse();
  let ms = 0;
  while (index < text.length) {
    const start = index;
    while (isDigit(text.charCodeAt(index)) || text[index] === ".") index++;
    const number = Number(text.slice(start, index));
    const unitStart = index;
    while (index < text.length && !isDigit(text.charCodeAt(index)) && text[index] !== ".") index++;
    const unit = text.slice(unitStart, index);
    if (start === unitStart || Number.isNaN(number) || !isUnit(unit)) throw refuse();
    ms += number * unitMs[unit];
  }
  return checkedDurationMs(sign * ms);
}

/** Whole milliseconds; throws a Fault beyond CEL's range. */
export function checkedDurationMs(ms: number): number {
  // Sums of decimal fractions may fall just short of the whole they mean, so the nearest microsecond counts.
  const whole = Math.trunc(Math.round(ms * 1000) / 1000);
  if (!(Math.abs(whole) <= longestMs)) throw invalidArgument("a duration must be shorter than 10,000 years");
  return whole === 0 ? 0 : whole;
}
