const surrogates = /[\ud800-\udfff]/;

/** CEL counts text in code points; only text with surrogates needs more than `length`. */
export function pointCount(text: string): number {
  if (!surrogates.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The code unit at which code point number `points` starts; -1 beyond the end. */
export function unitAt(text: string, points: number): number {
  if (points < 0 || points > text.length) return -1;
  if (!surrogates.test(text)) return points;
  let unit = 0;
  for (let count = 0; count < points; count++) {
    if (unit >= text.length) return -1;
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}

/** How many code points come before a code unit. */
export function pointsBefore(text: string, unit: number): number {
  return pointCount(text.slice(0, unit));
}

/** UTF-16 surrogates that stand alone stand for no character; encoders can't take them. */
export function wellFormed(text: string): string {
  return surrogates.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}
