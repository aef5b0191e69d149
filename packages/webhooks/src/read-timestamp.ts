import type { SignedScheme } from "@millrace/automation";
import { type Rejection, reject } from "./rejection.ts";

type TimestampFormat = NonNullable<SignedScheme["timestamp"]>["format"];

const expected: Record<TimestampFormat, string> = {
  seconds: "Unix time in seconds, such as 1700000000",
  milliseconds: "Unix time in milliseconds, such as 1700000000000",
  iso8601: "a UTC time such as 2026-01-31T12:00:00Z",
};

export const presentTimestamp = (now: Date, format: TimestampFormat): string => {
  if (format === "iso8601") return now.toISOString();
  return String(format === "seconds" ? Math.floor(now.getTime() / 1_000) : now.getTime());
};

/** Whether the signed time is near ours. `place` says where it stood, for the message. */
export function checkTimestamp(
  text: string,
  place: string,
  { format, toleranceSeconds, now }: { format: TimestampFormat; toleranceSeconds: number; now: Date },
): Rejection | undefined {
  const time = parseTimestamp(text, format);
  if (time === undefined)
    return reject("timestamp_malformed", `The time in ${place} cannot be read; expected ${expected[format]}.`);
  // Whole seconds are compared as such, else the edge of the tolerance would depend on our own fraction of a second.
  const nowMs = format === "seconds" ? Math.floor(now.getTime() / 1_000) * 1_000 : now.getTime();
  const ageMs = nowMs - time;
  const ageSeconds = Math.ceil(Math.abs(ageMs) / 1_000);
  // Written so that a tolerance that is no number allows nothing.
  if (!(ageMs <= toleranceSeconds * 1_000))
    return reject(
      "timestamp_too_old",
      `The time in ${place} is ${ageSeconds} s old; at most ${toleranceSeconds} s are allowed. A replayed request, a slow retry, or a wrong clock here.`,
    );
  if (!(-ageMs <= toleranceSeconds * 1_000))
    return reject(
      "timestamp_in_future",
      `The time in ${place} is ${ageSeconds} s ahead of ours; at most ${toleranceSeconds} s are allowed. Compare this machine's clock.`,
    );
  return undefined;
}

function parseTimestamp(text: string, format: TimestampFormat): number | undefined {
  if (format === "iso8601") {
    const isWellFormed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text);
    const time = Date.parse(text);
    return isWellFormed && !Number.isNaN(time) ? time : undefined;
  }
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) return undefined;
  return format === "seconds" ? Number(text) * 1_000 : Number(text);
}
