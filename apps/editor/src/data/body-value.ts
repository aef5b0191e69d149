import type { Json } from "@millrace/base";
import type { BodyView } from "@millrace/contract";

/** A recorded body as expressions see it; text and binary come as text. */
export function bodyValue(body: BodyView): Json {
  switch (body.kind) {
    case "json":
    case "form":
      return body.value;
    case "text":
      return body.text;
    case "binary":
      return body.base64;
    case "empty":
    case "tooLarge":
      return null;
  }
}

/** What a reader must know about the body besides its content. */
export function bodyNote(body: BodyView): string | undefined {
  switch (body.kind) {
    case "empty":
      return "The body was empty.";
    case "binary":
      return "Binary, shown as base64.";
    case "tooLarge":
      return `The body is larger than ${Math.round(body.limitBytes / 1024)} KiB, too large to show.`;
    case "text":
      return body.malformed ? `It says that it is JSON, but: ${body.malformed}. It was kept as text.` : undefined;
    case "json":
      return body.findings.length > 0
        ? `Kept as text because JavaScript would round them: ${body.findings.map(({ path }) => path).join(", ")}.`
        : undefined;
    case "form":
      return undefined;
  }
}
