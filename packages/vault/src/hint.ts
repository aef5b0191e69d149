/**
 * The last four characters of a secret, so that its owner can tell it from another; undefined when the secret is shorter
 * than twelve characters, where four would give too much away.
 */
export function hint(secret: string): string | undefined {
  const characters = [...secret.trim()];
  return characters.length < 12 ? undefined : characters.slice(-4).join("");
}
