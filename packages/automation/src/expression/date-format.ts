import { invalidArgument } from "./fault.ts";
import { offsetMinutes } from "./timestamp-text.ts";
import { epochMsOf, type LocalTime, localTimeOf, type Zone } from "./zone.ts";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The letters of Unicode's date patterns that we know; anything in single quotes stands for itself. */
type Token = { letters: string } | { text: string };
const known = [
  "yyyy",
  "yy",
  "MMMM",
  "MMM",
  "MM",
  "M",
  "dd",
  "d",
  "EEEE",
  "EEE",
  "HH",
  "H",
  "hh",
  "h",
  "mm",
  "m",
  "ss",
  "s",
  "SSS",
  "a",
  "XXX",
  "XX",
];
const dateFormatHelp =
  "yyyy MM dd HH mm ss SSS, MMM and MMMM (month names), EEE and EEEE (days), h and a (12 hours), XXX (offset), 'text'";

function tokensOf(format: string): Token[] {
  if (format.length > 100) throw invalidArgument("a date format may have 100 characters");
  const tokens: Token[] = [];
  let index = 0;
  while (index < format.length) {
    const character = format[index] ?? "";
    if (character === "'") {
      const end = format.indexOf("'", index + 1);
      if (end === -1) throw invalidArgument("the date format has a ' without its end");
      tokens.push({ text: end === index + 1 ? "'" : format.slice(index + 1, end) });
      index = end + 1;
    } else if (/[A-Za-z]/.test(character)) {
      let end = index;
      while (format[end] === character) end++;
      const letters = format.slice(index, end);
      if (!known.includes(letters))
        throw invalidArgument(`the date format's ${letters} is unknown; it knows ${dateFormatHelp}`);
      tokens.push({ letters });
      index = end;
    } else {
      tokens.push({ text: character });
      index++;
    }
  }
  return tokens;
}

const two = (number: number) => String(number).padStart(2, "0");

export function formatDate(epochMs: number, format: string, zone: Zone): string {
  const time = localTimeOf(epochMs, zone);
  return tokensOf(format)
    .map((token) => ("text" in token ? token.text : present(token.letters, time)))
    .join("");
}

function present(letters: string, time: LocalTime): string {
  const month = months[time.month - 1] ?? "";
  const weekday = weekdays[time.weekday] ?? "";
  switch (letters) {
    case "yyyy":
      return String(time.year).padStart(4, "0");
    case "yy":
      return two(time.year % 100);
    case "MMMM":
      return month;
    case "MMM":
      return month.slice(0, 3);
    case "MM":
      return two(time.month);
    case "M":
      return String(time.month);
    case "dd":
      return two(time.day);
    case "d":
      return String(time.day);
    case "EEEE":
      return weekday;
    case "EEE":
      return weekday.slice(0, 3);
    case "HH":
      return two(time.hour);
    case "H":
      return String(time.hour);
    case "hh":
      return two(time.hour % 12 || 12);
    case "h":
      return String(time.hour % 12 || 12);
    case "mm":
      return two(time.minute);
    case "m":
      return String(time.minute);
    case "ss":
      return two(time.second);
    case "s":
      return String(time.second);
    case "SSS":
      return String(time.ms).padStart(3, "0");
    case "a":
      return time.hour < 12 ? "AM" : "PM";
    default:
      return presentOffset(time.offsetMs, letters === "XXX" ? ":" : "");
  }
}

/** `+02:00`; `Z` for none. Seconds of historic offsets are dropped, as RFC 3339 has no place for them. */
export function presentOffset(offsetMs: number, colon: string): string {
  if (offsetMs === 0) return "Z";
  const minutes = Math.trunc(Math.abs(offsetMs) / 60_000);
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}

type Parsed = {
  year?: number;
  month?: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  isPm?: boolean;
  offset?: number;
};

/** The moment a text stands for; a text without an offset needs a zone. Throws a Fault that says what did not fit. */
export function parseDate(text: string, format: string, zone: Zone | undefined): number {
  const parsed: Parsed = { day: 1, hour: 0, minute: 0, second: 0, ms: 0 };
  let index = 0;
  for (const token of tokensOf(format)) {
    const length =
      "text" in token
        ? text.startsWith(token.text, index)
          ? token.text.length
          : 0
        : read(token.letters, text, index, parsed);
    if (length === 0)
      throw invalidArgument(`${JSON.stringify(text.slice(0, 40))} does not fit ${format}: character ${index + 1}`);
    index += length;
  }
  if (index < text.length)
    throw invalidArgument(`${JSON.stringify(text.slice(0, 40))} goes on after ${format}: character ${index + 1}`);
  const { year, month, isPm } = parsed;
  if (year === undefined) throw invalidArgument("the date format has no year");
  const hour = isPm === undefined ? parsed.hour : (parsed.hour % 12) + (isPm ? 12 : 0);
  const local = { ...parsed, year, month: month ?? 1, hour };
  const { offset } = parsed;
  if (offset !== undefined) return epochMsOf(local, { offsetMsAt: () => offset * 60_000 });
  if (zone) return epochMsOf(local, zone);
  throw invalidArgument("the text has no offset, so say in which time zone it is meant, such as UTC or Europe/Berlin");
}

/** Reads one part into `parsed`; how many characters it took, 0 where it doesn't fit. */
function read(letters: string, text: string, index: number, parsed: Parsed): number {
  const kind = letters[0] ?? "";
  if (letters === "MMMM" || letters === "MMM")
    return readName(months, letters.length === 3, text, index, (found) => {
      parsed.month = found + 1;
    });
  if (kind === "E") return readName(weekdays, letters.length === 3, text, index, () => undefined);
  if (kind === "a") {
    const half = text.slice(index, index + 2).toUpperCase();
    parsed.isPm = half === "PM";
    return half === "AM" || half === "PM" ? 2 : 0;
  }
  if (kind === "X") {
    const written = /^(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})/.exec(text.slice(index, index + 6))?.[0] ?? "";
    const offset = offsetMinutes(written);
    if (offset === undefined) return 0;
    parsed.offset = offset;
    return written.length;
  }
  const most = letters === "yyyy" ? 4 : letters === "SSS" ? 3 : 2;
  let end = index;
  while (end - index < most && /[0-9]/.test(text[end] ?? "")) end++;
  const length = end - index;
  if (length === 0 || (letters.length > 1 && length !== letters.length)) return 0;
  store(kind, letters, Number(text.slice(index, end)), parsed);
  return length;
}

function store(kind: string, letters: string, number: number, parsed: Parsed): void {
  // Two digits mean 1970 to 2069, as POSIX systems commonly read them.
  if (kind === "y") parsed.year = letters === "yy" ? number + (number < 70 ? 2000 : 1900) : number;
  else if (kind === "M") parsed.month = number;
  else if (kind === "d") parsed.day = number;
  else if (kind === "H" || kind === "h") parsed.hour = number;
  else if (kind === "m") parsed.minute = number;
  else if (kind === "s") parsed.second = number;
  else parsed.ms = number;
}

function readName(
  names: readonly string[],
  isShort: boolean,
  text: string,
  index: number,
  found: (position: number) => void,
): number {
  for (const [position, name] of names.entries()) {
    const wanted = isShort ? name.slice(0, 3) : name;
    if (text.slice(index, index + wanted.length).toLowerCase() !== wanted.toLowerCase()) continue;
    found(position);
    return wanted.length;
  }
  return 0;
}
