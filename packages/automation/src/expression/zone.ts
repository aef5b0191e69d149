import type { Budget } from "./budget.ts";
import { invalidArgument } from "./fault.ts";
import { checkedEpochMs, offsetMinutes, utcMs } from "./timestamp-text.ts";

/** A time zone: how far its clocks are ahead of UTC at a moment. */
export type Zone = { offsetMsAt(epochMs: number): number };

const zones = {
  id: "zone",
  make(name: string): Intl.DateTimeFormat {
    try {
      return new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        calendar: "gregory",
        numberingSystem: "latn",
        hourCycle: "h23",
        era: "narrow",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      throw unknownZone(name);
    }
  },
};

/** `UTC`, an offset such as `+02:00`, or a name such as `Europe/Berlin`. Throws a Fault for anything else. */
export function getZone(budget: Budget, name: string): Zone {
  budget.spend(10);
  if (name === "UTC" || name === "Z" || name === "GMT") return { offsetMsAt: () => 0 };
  const offset = offsetMinutes(/^[0-9]/.test(name) ? `+${name}` : name);
  if (offset !== undefined) return { offsetMsAt: () => offset * 60_000 };
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name)) throw unknownZone(name);
  const format = budget.make(zones, name, 12_000);
  return {
    offsetMsAt(epochMs) {
      budget.spend(110);
      return wallClockMs(format, epochMs) - Math.floor(epochMs / 1000) * 1000;
    },
  };
}

function unknownZone(name: string) {
  return invalidArgument(
    `${JSON.stringify(name.slice(0, 40))} is not a time zone such as UTC, +02:00 or Europe/Berlin`,
  );
}

/** What the zone's clock shows, as if it were UTC. */
function wallClockMs(format: Intl.DateTimeFormat, epochMs: number): number {
  // Such as `3/29/2026 A, 02:30:00`; formatToParts would be four times as slow.
  const shown = format.format(epochMs);
  const [month = 1, day = 1, year = 1, hour = 0, minute = 0, second = 0] = (shown.match(/[0-9]+/g) ?? []).map(Number);
  const isBeforeYearOne = shown.includes("B");
  const date = new Date(0);
  date.setUTCFullYear(isBeforeYearOne ? 1 - year : year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

/** A calendar in a zone. Months count from 1, days of the week from Sunday = 0. */
export type LocalTime = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  weekday: number;
  offsetMs: number;
};

export function localTimeOf(epochMs: number, zone: Zone): LocalTime {
  const offsetMs = zone.offsetMsAt(epochMs);
  const date = new Date(epochMs + offsetMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
    weekday: date.getUTCDay(),
    offsetMs,
  };
}

/**
 * The moment at which a zone's clocks show a time. Where clocks are set back and show it twice, the first one; where
 * they are set forward and skip it, as much later as they skip.
 */
export function epochMsOf(
  local: { year: number; month: number; day: number; hour?: number; minute?: number; second?: number; ms?: number },
  zone: Zone,
): number {
  const wall = utcMs(local.year, local.month, local.day, local.hour, local.minute, local.second, local.ms);
  if (Number.isNaN(wall)) throw invalidArgument("there is no such date or time");
  const before = zone.offsetMsAt(wall - 86_400_000);
  const after = zone.offsetMsAt(wall + 86_400_000);
  const candidates = [wall - before, wall - after].sort((left, right) => left - right);
  const exact = candidates.find((candidate) => candidate + zone.offsetMsAt(candidate) === wall);
  return checkedEpochMs(exact ?? wall - before);
}
