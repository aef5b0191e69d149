import type { Json } from "@millrace/base";
import type { BodyView } from "@millrace/contract";

/** A recorded body as expressions see it; text and binary come as text. */
export function bodyValue(body: BodyView): Json {
  switch (body.kind) {
    case "json":
    case "form":
    case "multipart":
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
      return "No body: it was empty, or the request was refused before it was read.";
    case "binary":
      return ["Binary, shown as base64.", malformedNote(body.malformed)].filter(Boolean).join(" ");
    case "tooLarge":
      return `The body is larger than ${Math.round(body.limitBytes / 1024)} KiB, too large to show.`;
    case "text":
      return malformedNote(body.malformed);
    case "json":
      return body.findings.length > 0
        ? `Kept as text because JavaScript would round them: ${body.findings.map(({ path }) => path).join(", ")}.`
        : undefined;
    case "multipart":
      return "A multipart form: fields are text, a file's content is base64.";
    case "form":
      return undefined;
  }
}

function malformedNote(malformed: string | null): string | undefined {
  return malformed === null
    ? undefined
    : `It is not what its content type says, so it was kept as it came: ${malformed}.`;
}
