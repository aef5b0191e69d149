import { invalidArgument } from "./fault.ts";

const earliestEpochMs = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const latestEpochMs = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

const digitsAt = (text: string, start: number, count: number): number => {
  let number = 0;
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
};

/** Milliseconds since 1970 of a calendar date in UTC; NaN where there is no such day or time. Years 1 to 9999. */
export function utcMs(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, ms = 0): number {
  const valid =
    year >= 1 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59; // prettier
  if (!valid) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date.getUTCDate() === day ? date.getTime() : Number.NaN;
}

/** RFC 3339 with `T`, seconds and an offset. Digits after the third of a second are dropped. */
export function parseTimestamp(text: string): number {
  const refuse = () =>
    invalidArgument(`${JSON.stringify(text.slice(0, 40))} is not a timestamp such as 2026-01-02T03:04:05Z`);
  if (text.length < 20 || text.length > 64) throw refuse();
  const marks = text[4] === "-" && text[7] === "-" && text[13] === ":" && text[16] === ":";
  if (!marks || (text[10] !== "T" && text[10] !== "t")) throw refuse();
  let index = 19;
  let ms = 0;
  if (text[index] === ".") {
    const start = ++index;
    while (index < text.length && text.charCodeAt(index) >= 48 && text.charCodeAt(index) <= 57) index++;
    if (index === start || index - start > 9) throw refuse();
    ms = Number(text.slice(start, Math.min(index, start + 3)).padEnd(3, "0"));
  }
  const local = utcMs(
    digitsAt(text, 0, 4),
    digitsAt(text, 5, 2),
    digitsAt(text, 8, 2),
    digitsAt(text, 11, 2),
    digitsAt(text, 14, 2),
    digitsAt(text, 17, 2),
    ms,
  );
  const offset = offsetMinutes(text.slice(index));
  if (Number.isNaN(local) || offset === undefined) throw refuse();
  return checkedEpochMs(local - offset * 60_000);
}

/** Minutes east of UTC of `Z`, `+02:00` or `-0530`; undefined if it isn't an offset. */
export function offsetMinutes(text: string): number | undefined {
  if (text === "Z" || text === "z") return 0;
  const sign = text[0] === "+" ? 1 : text[0] === "-" ? -1 : 0;
  const colon = text[3] === ":" ? 1 : 0;
  if (sign === 0 || text.length !== 5 + colon) return undefined;
  const hours = digitsAt(text, 1, 2);
  const minutes = digitsAt(text, 3 + colon, 2);
  if (!(hours <= 23 && minutes <= 59)) return undefined;
  return sign * (hours * 60 + minutes);
}

/** Throws a Fault outside years 1 to 9999, the range CEL and RFC 3339 share. */
export function checkedEpochMs(epochMs: number): number {
  const whole = Math.trunc(epochMs);
  if (!(whole >= earliestEpochMs && whole <= latestEpochMs)) {
    throw invalidArgument("a timestamp must lie between year 1 and year 9999");
  }
  return whole;
}

export function presentTimestamp(epochMs: number): string {
  const text = new Date(epochMs).toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}
