import { durationPattern, type Json, maxLifetimeMs, parseDurationMs, presentDuration } from "@millrace/base";
import { toJson } from "@millrace/connector-kit";
import { z } from "zod";

/** Control characters and unpaired surrogates are no text that a database can keep. */
const keepableText = /^[^\p{Cc}\p{Cs}]*$/u;

export const keyField = z
  .string()
  .min(1, "a key has at least one character")
  .max(512, "a key has at most 512 characters")
  .regex(keepableText, "a key holds no control characters")
  .meta({ title: "Key", description: "Unique in the workspace.", control: "text", placeholder: "last_summary" });

export const prefixField = z
  .string()
  .max(512, "a key has at most 512 characters")
  .regex(keepableText, "a key holds no control characters")
  .default("")
  .meta({ title: "Prefix", description: "Only keys that start with this.", control: "text" });

export const valueField = z
  .unknown()
  .meta({ title: "Value", description: "Text, a number, a list or an object.", control: "json" });

export const expiryField = z
  .string()
  .regex(durationPattern, "expected a duration such as 30s, 15m, 12h or 7d")
  .refine((text) => parseDurationMs(text) !== 0, "expected a duration above zero")
  .refine(
    (text) => (parseDurationMs(text) ?? 0) <= maxLifetimeMs,
    `expected at most ${presentDuration(maxLifetimeMs)}; left empty it stays for good`,
  )
  .optional()
  .meta({
    title: "Expires in",
    description: "How long the entry lives, counted from this write. Left empty it stays.",
    control: "duration",
    placeholder: "7d",
    advanced: true,
  });

export function expiry(expiresIn: string | undefined): { expiresInMs?: number } {
  const expiresInMs = expiresIn === undefined ? undefined : parseDurationMs(expiresIn);
  return expiresInMs === undefined ? {} : { expiresInMs };
}

export function jsonValue(value: unknown): Json {
  return toJson(value);
}
