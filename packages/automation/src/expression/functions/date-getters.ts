import type { Budget } from "../budget.ts";
import { type FunctionEntry, functionsOf } from "../function-entry.ts";
import type { Timestamp } from "../value.ts";
import { getZone, type LocalTime, localTimeOf } from "../zone.ts";

const define = functionsOf("date");

const dayMs = 86_400_000;

function localTime(budget: Budget, { epochMs }: Timestamp, zone = "UTC"): LocalTime {
  return localTimeOf(epochMs, getZone(budget, zone));
}

/** CEL's getters: of a timestamp in a zone (UTC if not said), some also of a duration. */
function getter(
  name: string,
  doc: string,
  example: [string, number],
  read: (time: LocalTime) => number,
  inMs?: number,
): FunctionEntry[] {
  const ofTimestamp = define({
    name,
    form: "method",
    parameters: ["timestamp: timestamp", "zone?: string"],
    result: "number",
    doc: `${doc} In UTC if no time zone is given.`,
    example,
    cost: "own",
    run: (budget, timestamp, zone) => read(localTime(budget, timestamp, zone)),
  });
  if (inMs === undefined) return [ofTimestamp];
  const ofDuration = define({
    name,
    form: "method",
    parameters: ["duration: duration"],
    result: "number",
    doc:
      name === "getMilliseconds"
        ? "The milliseconds of a duration beyond its whole seconds."
        : `The whole ${name.slice(3).toLowerCase()} of a duration.`,
    example: [`duration("2h").${name}()`, name === "getMilliseconds" ? 0 : (2 * 3_600_000) / inMs],
    cost: "constant",
    run: (_, { ms }) => (inMs === 1 ? ms % 1000 : Math.trunc(ms / inMs)) || 0,
  });
  return [ofTimestamp, ofDuration];
}

const dayOfYear = ({ year, month, day }: LocalTime) =>
  Math.round((Date.UTC(2000 + (year % 400), month - 1, day) - Date.UTC(2000 + (year % 400), 0, 1)) / dayMs);
const example = (method: string) => `timestamp("2026-03-05T07:08:09.010Z").${method}()`;

export const dateGetterFunctions = [
  ...getter("getFullYear", "The year.", [example("getFullYear"), 2026], (time) => time.year),
  ...getter("getMonth", "The month, counted from 0.", [example("getMonth"), 2], (time) => time.month - 1),
  ...getter("getDate", "The day of the month, counted from 1.", [example("getDate"), 5], (time) => time.day),
  ...getter(
    "getDayOfMonth",
    "The day of the month, counted from 0.",
    [example("getDayOfMonth"), 4],
    (time) => time.day - 1,
  ),
  ...getter("getDayOfWeek", "The day of the week, Sunday is 0.", [example("getDayOfWeek"), 4], (time) => time.weekday),
  ...getter("getDayOfYear", "The day of the year, counted from 0.", [example("getDayOfYear"), 63], dayOfYear),
  ...getter("getHours", "The hour.", [example("getHours"), 7], (time) => time.hour, 3_600_000),
  ...getter("getMinutes", "The minute.", [example("getMinutes"), 8], (time) => time.minute, 60_000),
  ...getter("getSeconds", "The second.", [example("getSeconds"), 9], (time) => time.second, 1000),
  ...getter("getMilliseconds", "The millisecond.", [example("getMilliseconds"), 10], (time) => time.ms, 1),
];
