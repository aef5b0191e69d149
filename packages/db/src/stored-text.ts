/** PostgreSQL's text can't hold the null character; it becomes U+FFFD, as invalid UTF-8 does. JSON escapes it and needs none of this. */
export const storedText = (text: string): string => text.replaceAll("\u0000", "\uFFFD");

export const storedTextOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : storedText(text);

export const storedJsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
