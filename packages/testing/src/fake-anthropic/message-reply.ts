import { randomBytes } from "node:crypto";
import { isJsonObject, type Json, type JsonObject } from "@millrace/base";
import type { StubReply } from "../stub-server.ts";
import { errorReply, requestId } from "./errors.ts";
import { findModel } from "./models.ts";

/** What a test wants the next message to be. */
export type ScriptedMessage = { text?: string; stopReason?: string; content?: Json[] };

/** `POST /v1/messages`: checked as the service checks it, answered with the first sentence of the last user message. */
export function messageReply(body: Json | undefined, version: string, scripted: ScriptedMessage = {}): StubReply {
  const fault = faultOf(body, version, true);
  if (fault || !isJsonObject(body)) return fault ?? errorReply(400);
  const limit = Number(body.max_tokens);
  const words = (scripted.text ?? firstSentence(promptOf(body))).split(/\s+/).filter((word) => word !== "");
  const isCut = words.length > limit;
  const text = isCut ? words.slice(0, limit).join(" ") : words.join(" ");
  const content = scripted.content ?? (text === "" ? [] : [{ type: "text", text, citations: null }]);
  return {
    headers: { "request-id": requestId() },
    json: {
      id: `msg_${randomBytes(12).toString("hex")}`,
      type: "message",
      role: "assistant",
      model: String(body.model),
      content,
      stop_reason: scripted.stopReason ?? (isCut ? "max_tokens" : "end_turn"),
      stop_sequence: null,
      stop_details: null,
      usage: { input_tokens: tokensOf(body), output_tokens: Math.max(1, Math.min(words.length, limit)) },
    },
  };
}

/** `POST /v1/messages/count_tokens`. */
export function countTokensReply(body: Json | undefined, version: string): StubReply {
  const fault = faultOf(body, version, false);
  if (fault || !isJsonObject(body)) return fault ?? errorReply(400);
  return { headers: { "request-id": requestId() }, json: { input_tokens: tokensOf(body) } };
}

function faultOf(body: Json | undefined, version: string, isMessage: boolean): StubReply | undefined {
  const invalid = (message: string) => errorReply(400, { message });
  if (!isJsonObject(body)) return invalid("The request body is not valid JSON");
  if (body.model === undefined) return invalid("model: Field required");
  const model = findModel(body.model);
  if (!model) return errorReply(404, { message: `model: ${String(body.model)}` });
  if (isMessage) {
    if (body.max_tokens === undefined) return invalid("max_tokens: Field required");
    if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 1) {
      return invalid("max_tokens: Input should be greater than or equal to 1");
    }
  }
  if (body.temperature !== undefined) {
    // The service took sampling parameters out of its version 2026-10-21, and newer models refuse them in the older one too.
    if (version !== "2023-06-01") return invalid("temperature: Extra inputs are not permitted");
    if (!model.takesTemperature) return invalid("`temperature` is deprecated for this model.");
    if (Number(body.temperature) > 1) return invalid("temperature: range: 0..1");
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0) return errorReply(400);
  const first = body.messages[0];
  if (!isJsonObject(first) || first.role !== "user") return invalid('messages: first message must use the "user" role');
  if (promptOf(body).trim() === "") return invalid("messages: text content blocks must be non-empty");
  return undefined;
}

function promptOf(body: JsonObject): string {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const last = messages.filter((message) => isJsonObject(message) && message.role === "user").at(-1);
  if (!isJsonObject(last)) return "";
  if (typeof last.content === "string") return last.content;
  const blocks = Array.isArray(last.content) ? last.content : [];
  return blocks.map((block) => (isJsonObject(block) && typeof block.text === "string" ? block.text : "")).join("\n");
}

function firstSentence(text: string): string {
  return /^[\s\S]*?[.!?](?=\s|$)/.exec(text.trim())?.[0] ?? text.trim();
}

/** About four characters a token, which is all a test needs. */
function tokensOf(body: JsonObject): number {
  const system = typeof body.system === "string" ? body.system : "";
  return Math.max(1, Math.ceil((promptOf(body).length + system.length) / 4));
}
