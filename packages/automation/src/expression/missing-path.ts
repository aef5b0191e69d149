import type { Missing } from "./fault.ts";
import { presentPath, presentSegment } from "./lineage.ts";
import { nearestName } from "./nearest.ts";
import { isMap, typeOfValue, type Value } from "./value.ts";

const article = {
  null: "null",
  bool: "true or false",
  number: "a number",
  string: "a text",
  timestamp: "a timestamp",
  duration: "a duration",
  list: "a list",
  map: "a map",
  optional: "an optional",
};

/** Keys come from strangers: a message must not carry a mebibyte of them. */
const longestShownKey = 80;
const longestShownPath = 400;

/** The sentence, the path and the nearest existing path for something that was asked for and isn't there. */
export function describeMissing(
  { receiver, key: wanted, among }: Missing,
  source: string,
): { message: string; path: string; nearest?: string } {
  const key = typeof wanted === "string" ? shorten(wanted, longestShownKey) : wanted;
  const full = receiver.origin ? presentPath(receiver.origin.segments) : source.slice(receiver.start, receiver.end);
  const parent = shorten(full, longestShownPath);
  const path = `${parent}${presentSegment(key)}`;
  const target = among as Value;
  if (Array.isArray(target)) {
    if (typeof key !== "number")
      return {
        message: `${parent} is a list, so it has no ${key}; take one of its ${target.length} elements first, such as ${parent}[0].`,
        path,
      };
    if (target.length === 0) return { message: `${path} does not exist: ${parent} is an empty list.`, path };
    const nearest = `${parent}[${target.length - 1}]`;
    return {
      message: `${path} does not exist: ${parent} has ${target.length} elements, the last is ${nearest}.`,
      path,
      nearest,
    };
  }
  if (!isMap(target)) return { message: `${path} does not exist: ${parent} is ${article[typeOfValue(target)]}.`, path };
  const keys = Object.keys(target);
  if (keys.length === 0) return { message: `${path} does not exist: ${parent} is empty.`, path };
  const name = nearestName(String(wanted), keys);
  if (name !== undefined) {
    const nearest = `${parent}${presentSegment(shorten(name, longestShownKey))}`;
    return { message: `${path} does not exist; the nearest is ${nearest}.`, path, nearest };
  }
  const shown = keys.slice(0, 8).map((candidate) => shorten(candidate, 40));
  return {
    message: `${path} does not exist; ${parent} has ${shown.join(", ")}${keys.length > shown.length ? " and more" : ""}.`,
    path,
  };
}

const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
