/**
 * The forms in which a secret turns up in text: as it is, in base64 and base64url (also in the middle of something longer),
 * percent-encoded, as part of JSON or HTML, and in hex.
 */
export function formsOf(secret: string): Set<string> {
  const forms = new Set<string>();
  for (const text of new Set([secret, secret.trim()])) {
    forms.add(text);
    for (const bytes of encodingsOf(text)) {
      addHex(forms, bytes);
      addBase64(forms, bytes);
      addPercentEncoded(forms, bytes);
    }
    addJsonEscaped(forms, text);
    addHtmlEscaped(forms, text);
  }
  return forms;
}

/** UTF-8 and, where it can hold the text, Latin-1: `btoa` and older clients of basic authentication use it. */
function encodingsOf(text: string): Buffer[] {
  const utf8 = Buffer.from(text, "utf8");
  const latin1 = Buffer.from(text, "latin1");
  return utf8.length !== latin1.length && latin1.toString("latin1") === text ? [utf8, latin1] : [utf8];
}

function addHex(forms: Set<string>, bytes: Buffer): void {
  const hex = bytes.toString("hex");
  forms.add(hex).add(hex.toUpperCase());
}

/** Base64 writes 3 bytes as 4 characters, so a secret inside longer data looks one of three ways, by its distance from the start. */
function addBase64(forms: Set<string>, bytes: Buffer): void {
  const add = (form: string) => forms.add(form).add(form.replaceAll("+", "-").replaceAll("/", "_"));
  const whole = bytes.toString("base64");
  add(whole);
  add(whole.replace(/=+$/, ""));
  for (const offset of [0, 1, 2]) {
    // Only the characters whose six bits are all the secret's own; its neighbors have a part in the others.
    const firstOwn = Math.ceil((offset * 8) / 6);
    const pastOwn = Math.floor(((offset + bytes.length) * 8) / 6);
    add(
      Buffer.concat([Buffer.alloc(offset), bytes])
        .toString("base64")
        .slice(firstOwn, pastOwn),
    );
  }
}

/** What each encoder leaves as it is. */
const percentStyles: readonly { unescaped: RegExp; space?: "+" }[] = [
  { unescaped: /[\w.~-]/ }, // RFC 3986, section 2.3
  { unescaped: /[\w.~-]/, space: "+" }, // Python's quote_plus, PHP's urlencode
  { unescaped: /[\w.*-]/, space: "+" }, // URLSearchParams, HTML forms
  { unescaped: /[\w.~!*'()-]/ }, // encodeURIComponent
  { unescaped: /[\w.~!*'();/?:@&=+$,#-]/ }, // encodeURI
  { unescaped: /[!$%&'()*+,\-./\w:;=?@[\\\]^`{|}~]/ }, // URL, a query
  { unescaped: /[!$%&()*+,\-./\w:;=?@[\\\]^`{|}~]/ }, // URL, a query of http and https
  { unescaped: /[!$%&'()*+,\-./\w:;=@[\\\]^|~]/ }, // URL, a path
  { unescaped: /[!$%&'()*+,\-.\w~]/ }, // URL, user name and password
];

/** For each style, in upper and in lower case, what stands for each byte. */
const percentTables: readonly string[][] = percentStyles.flatMap(({ unescaped, space }) => {
  const table = (hexOf: (byte: number) => string) => {
    return Array.from({ length: 256 }, (_, byte) => {
      if (byte === 0x20 && space) return space;
      const character = String.fromCharCode(byte);
      return byte < 0x80 && unescaped.test(character) ? character : `%${hexOf(byte).padStart(2, "0")}`;
    });
  };
  return [table((byte) => byte.toString(16)), table((byte) => byte.toString(16).toUpperCase())];
});

function addPercentEncoded(forms: Set<string>, bytes: Buffer): void {
  if (/^[\w.-]*$/.test(bytes.toString("latin1"))) return; // most keys: every style leaves them as they are
  for (const table of percentTables) {
    let encoded = "";
    for (const byte of bytes) encoded += table[byte] ?? "";
    forms.add(encoded);
  }
}

/** Once, and twice for JSON that travels as a string within JSON; with slashes as PHP and other characters as Python writes them. */
function addJsonEscaped(forms: Set<string>, text: string): void {
  const inString = (value: string) => JSON.stringify(value).slice(1, -1);
  const toAscii = (value: string, radix: (hex: string) => string) => {
    return value.replace(/[\u007f-\uffff]/g, (unit) => `\\u${radix(unit.charCodeAt(0).toString(16).padStart(4, "0"))}`);
  };
  const plain = inString(text);
  const variants = [plain, toAscii(plain, (hex) => hex), toAscii(plain, (hex) => hex.toUpperCase())];
  for (const variant of variants) {
    for (const once of [variant, variant.replaceAll("/", "\\/")]) forms.add(once).add(inString(once));
  }
}

const namedEntities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const numberedEntities: Record<string, string> = { ...namedEntities, '"': "&#34;" };
const htmlStyles: readonly { escaped: RegExp; entities: Record<string, string> }[] = [
  { escaped: /[&<>]/g, entities: namedEntities }, // text content
  { escaped: /[&<>"]/g, entities: namedEntities },
  { escaped: /[&<>"']/g, entities: { ...namedEntities, "'": "&#39;" } },
  { escaped: /[&<>"']/g, entities: { ...namedEntities, "'": "&#x27;" } },
  { escaped: /[&<>"']/g, entities: { ...namedEntities, "'": "&#039;" } },
  { escaped: /[&<>"']/g, entities: { ...namedEntities, "'": "&apos;" } },
  { escaped: /[&<>"']/g, entities: { ...numberedEntities, "'": "&#39;" } },
  { escaped: /[&<>"'/]/g, entities: { ...namedEntities, "'": "&#39;", "/": "&#x2F;" } },
  { escaped: /[&<>"'/`=]/g, entities: { ...namedEntities, "'": "&#39;", "/": "&#x2F;", "`": "&#x60;", "=": "&#x3D;" } },
];

function addHtmlEscaped(forms: Set<string>, text: string): void {
  if (!/[&<>"'/`=]/.test(text)) return;
  for (const { escaped, entities } of htmlStyles) {
    forms.add(text.replace(escaped, (character) => entities[character] ?? character));
  }
}
