import { styleText } from "node:util";

export type Style = "plain" | "strong" | "faint" | "good" | "bad" | "warn" | "busy";

const formats = {
  strong: "bold",
  faint: "dim",
  good: "green",
  bad: "red",
  warn: "yellow",
  busy: "cyan",
} as const;

/** Colors text, or leaves it as it is where nobody sees colors. */
export type Paint = (style: Style, text: string) => string;

export function paintOf(hasColor: boolean): Paint {
  return (style, text) => (hasColor && style !== "plain" && text !== "" ? styleText(formats[style], text) : text);
}
