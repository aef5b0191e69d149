/** Controls, and the characters that change the direction or hide text: payloads must not steer the terminal. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text on one line, with every character that could steer a terminal written out as an escape. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same for text of several lines: line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(unprintable, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const without = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns a terminal gives the text, near enough to align tables. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += without.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

/** Cut to so many columns, with an ellipsis where something is missing. */
export function shortened(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += displayWidth(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}
