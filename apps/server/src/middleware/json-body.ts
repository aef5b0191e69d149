import { type Json, parseJson } from "@millrace/base";
import express, { type Request, type Response } from "express";
import { HttpProblem } from "./http-problem.ts";

const readText = express.text({
  type: ["application/json", "application/*+json"],
  limit: 1_048_576,
  // Nothing that sends us JSON needs it, and what is not inflated can't be a bomb.
  inflate: false,
});

/** The JSON body; undefined if there is none. Throws HttpProblem with the place of a mistake. */
export async function readJsonBody(request: Request, response: Response): Promise<Json | undefined> {
  await new Promise<void>((resolve, reject) => {
    readText(request, response, (error) => (error ? reject(error) : resolve()));
  });
  const text: unknown = request.body;
  if (typeof text !== "string") {
    if (hasBody(request)) throw new HttpProblem(415, "unsupported_media_type", "Send the body as application/json.");
    return undefined;
  }
  if (text === "") return undefined;
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  throw new HttpProblem(400, "invalid_json", `The body is no usable JSON: ${withPosition(parsed.message, text)}.`);
}

function hasBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** V8 names the position as a number of characters; people look for lines. */
function withPosition(message: string, text: string): string {
  const match = /position (\d+)/.exec(message);
  if (!match || message.includes("line ")) return message;
  const before = text.slice(0, Number(match[1])).split("\n");
  return `${message} (line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1})`;
}
