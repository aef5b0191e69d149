import { formatDate, parseDate, presentOffset } from "../date-format.ts";
import { checkedDurationMs } from "../duration-text.ts";
import { invalidArgument } from "../fault.ts";
import { type FunctionEntry, functionsOf } from "../function-entry.ts";
import { checkedEpochMs, presentTimestamp } from "../timestamp-text.ts";
import { Duration, Timestamp } from "../value.ts";
import { epochMsOf, getZone, type LocalTime, localTimeOf } from "../zone.ts";

const define = functionsOf("date");

const dayMs = 86_400_000;

const daysIn = (year: number, month: number) => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

const example = (method: string) => `timestamp("2026-03-05T07:08:09.010Z").${method}()`;

function wholeCount(count: number, what: string): number {
  if (!Number.isInteger(count) || Math.abs(count) > 4_000_000)
    throw invalidArgument(`${what} must be a whole number, at most 4000000`);
  return count;
}

/** Moves a date by calendar months; the 31st becomes the last day of a shorter month. */
function addMonths(time: LocalTime, count: number): LocalTime {
  const total = time.year * 12 + time.month - 1 + count;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  return { ...time, year, month, day: Math.min(time.day, daysIn(year, month)) };
}

function addDays(time: LocalTime, count: number): LocalTime {
  const date = new Date(0);
  date.setUTCFullYear(time.year, time.month - 1, time.day + count);
  return { ...time, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const midnight = { hour: 0, minute: 0, second: 0, ms: 0 };

function startOf(time: LocalTime, unit: "day" | "week" | "month" | "year"): LocalTime {
  if (unit === "year") return { ...time, ...midnight, month: 1, day: 1 };
  if (unit === "month") return { ...time, ...midnight, day: 1 };
  // ISO 8601: weeks begin on Monday.
  return { ...addDays(time, unit === "week" ? -((time.weekday + 6) % 7) : 0), ...midnight };
}

function starting(name: string, unit: "day" | "week" | "month" | "year", doc: string, result: string): FunctionEntry {
  return define({
    name,
    form: "method",
    parameters: ["timestamp: timestamp", "zone?: string"],
    result: "timestamp",
    doc: `${doc} In UTC if no time zone is given.`,
    example: [example(name), result],
    cost: "own",
    run: (budget, { epochMs }, zone = "UTC") => {
      const calendar = getZone(budget, zone);
      return new Timestamp(epochMsOf(startOf(localTimeOf(epochMs, calendar), unit), calendar));
    },
  });
}

function adding(
  name: string,
  doc: string,
  result: string,
  move: (time: LocalTime, count: number) => LocalTime,
): FunctionEntry {
  return define({
    name,
    form: "method",
    parameters: ["timestamp: timestamp", "count: number", "zone?: string"],
    result: "timestamp",
    doc: `${doc} In UTC if no time zone is given.`,
    example: [`timestamp("2026-01-31T10:00:00Z").${name}(1)`, result],
    cost: "own",
    run: (budget, { epochMs }, count, zone = "UTC") => {
      const calendar = getZone(budget, zone);
      return new Timestamp(epochMsOf(move(localTimeOf(epochMs, calendar), wholeCount(count, "count")), calendar));
    },
  });
}

export const dateFunctions = [
  define({
    name: "parseDate",
    form: "both",
    parameters: ["text: string", "format: string", "zone?: string"],
    result: "timestamp",
    doc: "A moment from text in a format such as dd/MM/yyyy HH:mm. A text without an offset needs a time zone.",
    example: [`parseDate("03/04/2026", "dd/MM/yyyy", "UTC")`, "2026-04-03T00:00:00Z"],
    cost: "slowText",
    run: (budget, text, format, zone) => {
      budget.spend(200);
      return new Timestamp(parseDate(text, format, zone === undefined ? undefined : getZone(budget, zone)));
    },
  }),
  define({
    name: "formatDate",
    form: "both",
    parameters: ["timestamp: timestamp", "format: string", "zone?: string"],
    result: "string",
    doc: "The moment as text in a format such as yyyy-MM-dd or d MMM yyyy, h:mm a. In UTC if no time zone is given.",
    example: [
      `timestamp("2026-04-03T10:00:00Z").formatDate("EEE, d MMM yyyy HH:mm", "Europe/Berlin")`,
      "Fri, 3 Apr 2026 12:00",
    ],
    cost: "slowText",
    run: (budget, { epochMs }, format, zone = "UTC") => {
      budget.spend(100);
      return formatDate(epochMs, format, getZone(budget, zone));
    },
  }),
  define({
    name: "inZone",
    form: "method",
    parameters: ["timestamp: timestamp", "zone: string"],
    result: "string",
    doc: "The moment as RFC 3339 text with the zone's time and offset.",
    example: [`timestamp("2026-07-01T10:00:00Z").inZone("Europe/Berlin")`, "2026-07-01T12:00:00+02:00"],
    cost: "own",
    run: (budget, { epochMs }, zone) => {
      // RFC 3339 offsets have no seconds, so the time shown must not have those of historic offsets either.
      const offsetMs = Math.trunc(getZone(budget, zone).offsetMsAt(epochMs) / 60_000) * 60_000;
      return presentTimestamp(checkedEpochMs(epochMs + offsetMs)).replace("Z", presentOffset(offsetMs, ":"));
    },
  }),
  adding(
    "addDays",
    "So many calendar days later (or earlier), at the same time of day.",
    "2026-02-01T10:00:00Z",
    addDays,
  ),
  adding(
    "addMonths",
    "So many months later (or earlier); the 31st becomes the last day of a shorter month.",
    "2026-02-28T10:00:00Z",
    addMonths,
  ),
  adding(
    "addYears",
    "So many years later (or earlier); 29 February becomes the 28th where there is none.",
    "2027-01-31T10:00:00Z",
    (time, count) => addMonths(time, count * 12),
  ),
  starting("startOfDay", "day", "When the day began.", "2026-03-05T00:00:00Z"),
  starting("startOfWeek", "week", "When the week's Monday began.", "2026-03-02T00:00:00Z"),
  starting("startOfMonth", "month", "When the month began.", "2026-03-01T00:00:00Z"),
  starting("startOfYear", "year", "When the year began.", "2026-01-01T00:00:00Z"),
  define({
    name: "daysUntil",
    form: "method",
    parameters: ["timestamp: timestamp", "other: timestamp", "zone?: string"],
    result: "number",
    doc: "How many calendar days later the other moment is; negative if earlier. In UTC if no time zone is given.",
    example: [`timestamp("2026-01-01T23:00:00Z").daysUntil(timestamp("2026-01-02T01:00:00Z"))`, 1],
    cost: "own",
    run: (budget, { epochMs }, other, zone = "UTC") => {
      const calendar = getZone(budget, zone);
      const dayNumber = (moment: number) => Math.floor((moment + calendar.offsetMsAt(moment)) / dayMs);
      return dayNumber(other.epochMs) - dayNumber(epochMs);
    },
  }),
  define({
    name: "epochSeconds",
    form: "method",
    parameters: ["timestamp: timestamp"],
    result: "number",
    doc: "Whole seconds since 1970.",
    example: [`timestamp("1970-01-01T00:01:00Z").epochSeconds()`, 60],
    cost: "constant",
    run: (_, { epochMs }) => Math.floor(epochMs / 1000),
  }),
  define({
    name: "epochMs",
    form: "method",
    parameters: ["timestamp: timestamp"],
    result: "number",
    doc: "Milliseconds since 1970.",
    example: [`timestamp("1970-01-01T00:01:00Z").epochMs()`, 60000],
    cost: "constant",
    run: (_, { epochMs }) => epochMs,
  }),
  define({
    name: "fromEpochSeconds",
    form: "both",
    parameters: ["seconds: number"],
    result: "timestamp",
    doc: "The moment so many seconds after 1970.",
    example: [`fromEpochSeconds(60)`, "1970-01-01T00:01:00Z"],
    cost: "constant",
    run: (_, seconds) => new Timestamp(checkedEpochMs(seconds * 1000)),
  }),
  define({
    name: "fromEpochMs",
    form: "both",
    parameters: ["milliseconds: number"],
    result: "timestamp",
    doc: "The moment so many milliseconds after 1970.",
    example: [`fromEpochMs(60000)`, "1970-01-01T00:01:00Z"],
    cost: "constant",
    run: (_, milliseconds) => new Timestamp(checkedEpochMs(milliseconds)),
  }),
  define({
    name: "seconds",
    form: "method",
    parameters: ["duration: duration"],
    result: "number",
    doc: "The length of a duration in seconds, fractions included.",
    example: [`duration("1m30.5s").seconds()`, 90.5],
    cost: "constant",
    run: (_, { ms }) => ms / 1000,
  }),
  define({
    name: "fromSeconds",
    form: "both",
    parameters: ["seconds: number"],
    result: "duration",
    doc: "A duration of so many seconds.",
    example: [`fromSeconds(90)`, "90s"],
    cost: "constant",
    run: (_, seconds) => new Duration(checkedDurationMs(seconds * 1000)),
  }),
];
