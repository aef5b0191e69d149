import { Failure, isJsonObject } from "@millrace/base";

export type BodyType = "none" | "json" | "form" | "text";
export type EncodedBody = { body: string | undefined; contentType: string | undefined };

/** The bytes and content type of a request's body. Throws `invalid_input` naming the field. */
export function encodeBody(bodyType: BodyType, body: unknown): EncodedBody {
  switch (bodyType) {
    case "none":
      if (body === undefined || body === null || body === "") return { body: undefined, contentType: undefined };
      throw new Failure("invalid_input", "There is a body, but the body type is none.", {
        field: "bodyType",
        advice: "Choose how the body is sent: json, form or text.",
      });
    case "json":
      return { body: JSON.stringify(body ?? null), contentType: "application/json" };
    case "form":
      return { body: encodeForm(body), contentType: "application/x-www-form-urlencoded" };
    case "text":
      if (body === undefined || typeof body === "object") {
        throw new Failure("invalid_input", "Body: expected text.", {
          field: "body",
          advice: "Use the body type json for lists and objects.",
        });
      }
      return { body: String(body), contentType: "text/plain; charset=utf-8" };
  }
}

function encodeForm(body: unknown): string {
  if (!isJsonObject(body)) {
    throw new Failure("invalid_input", "Body: a form needs names and values.", { field: "body" });
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && typeof item === "object") {
        throw new Failure(
          "invalid_input",
          `Body: the form field "${name.slice(0, 80)}" is neither text nor a number.`,
          {
            field: "body",
            advice: "Use the body type json for nested values.",
          },
        );
      }
      form.append(name, item === null ? "" : String(item));
    }
  }
  return form.toString();
}
