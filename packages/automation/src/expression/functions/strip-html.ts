const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  mdash: "—",
  ndash: "–",
  hellip: "…",
  euro: "€",
  copy: "©",
};

/** Tags after which a reader would see a new line. */
const breaking = new Set([
  "br",
  "p",
  "div",
  "li",
  "tr",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "ul",
  "ol",
  "table",
  "section",
  "article",
  "blockquote",
]);
/** Elements whose content is not text. */
const silent = new Set(["script", "style", "template", "noscript", "head"]);

/** The text of HTML, in one pass: never looks twice at a character, whatever the markup. */
export function stripHtml(html: string): string {
  const pieces: string[] = [];
  // ASCII only: full lower case may change the length in some alphabets, and with it every index.
  const lowered = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  let from = 0;
  while (from < html.length) {
    const open = html.indexOf("<", from);
    if (open === -1) break;
    pieces.push(html.slice(from, open));
    if (html.startsWith("<!--", open)) {
      from = after(html, "-->", open + 4);
      continue;
    }
    const name = tagName(lowered, open + 1);
    if (name === undefined) {
      pieces.push("<");
      from = open + 1;
      continue;
    }
    from = afterTag(html, open + 1);
    if (silent.has(name) && lowered[open + 1] !== "/") from = afterTag(html, after(lowered, `</${name}`, from));
    if (breaking.has(name)) pieces.push("\n");
  }
  pieces.push(html.slice(from));
  return tidy(decodeEntities(pieces.join("")));
}

/** The index after the next mark; the end of the text where there is none, so that nobody searches again. */
function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}

function tagName(lowered: string, from: number): string | undefined {
  const start = lowered[from] === "/" ? from + 1 : from;
  let end = start;
  while (end < lowered.length && end - start < 20 && /[a-z0-9!]/.test(lowered[end] ?? "")) end++;
  return end === start ? undefined : lowered.slice(start, end);
}

/** After the `>` that ends a tag; those in quoted attributes don't. */
function afterTag(html: string, from: number): number {
  let quote = "";
  for (let index = from; index < html.length; index++) {
    const character = html[index] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") return index + 1;
    else if (character === '"' || character === "'") quote = character;
  }
  return html.length;
}

function decodeEntities(text: string): string {
  return text.replace(/&(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi, (whole, entity: string) => {
    if (entity[0] !== "#") return Object.hasOwn(named, entity) ? (named[entity] ?? whole) : whole;
    const code =
      entity[1] === "x" || entity[1] === "X" ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Spaces collapse; lines keep no spaces at their ends and no more than one empty line stays between them. */
function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/[ \t\r\f\v\u00a0]+/g, " ").trim());
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
