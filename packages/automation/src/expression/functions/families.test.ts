import type { Json } from "@millrace/base";
import { describe, expect, test } from "vitest";
import { Budget } from "../budget.ts";
import { compileExpression } from "../expression.ts";
import { ExpressionError } from "../expression-error.ts";
import { toJson } from "../value.ts";

function outcome(source: string, scope: Record<string, string> = {}): unknown {
  try {
    return toJson(compileExpression(source, { names: Object.keys(scope) }).evaluate(scope));
  } catch (error) {
    if (error instanceof ExpressionError) return `error: ${error.code}`;
    throw error;
  }
}

const refused = "error: invalid_argument";
const costly = "error: too_expensive";

const cases: Record<string, [source: string, expected: Json][]> = {
  text: [
    ["'héllo😀'.size()", 6],
    ["'a😀b'.substring(1, 2)", "😀"],
    ["'a😀b'.indexOf('b')", 2],
    ["'a😀b'.charAt(1)", "😀"],
    ["'a😀b'.reverse()", "b😀a"],
    ["'abc'.substring(2, 1)", refused],
    ["'abc'.charAt(4)", refused],
    ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
    ["'a,b'.split(',', 0)", []],
    ["''.split(',')", [""]],
    ["'a\\r\\nb\\nc'.lines()", ["a", "b", "c"]],
    ["'abc'.replace('', '-')", "-a-b-c-"],
    ["'aaa'.replace('a', 'b', 2)", "bba"],
    ["'$&'.replace('$', '$1')", "$1&"],
    ["'7'.padStart(4, 'ab')", "aba7"],
    ["'😀'.padEnd(3, '😀')", "😀😀😀"],
    ["'7'.padStart(2, '')", refused],
    ["'x'.repeat(5000000)", costly],
    ["'abc'.truncate(2, '....')", refused],
    ["'Ünïcödé  -- Straße'.slug()", "unicode-stra-e"],
    ["'--'.slug()", ""],
    ["[1, 'a', true].join('-')", "1-a-true"],
    ["[null].join('')", "error: type"],
    ["'<p>a &lt; b</p><script>x<y</script><br>c <!-- no --> d'.stripHtml()", "a < b\n\nc d"],
    ["'1 < 2 and <a title=\">\">b</a> &#65;&#x42;&nope;'.stripHtml()", "1 < 2 and b AB&nope;"],
    ["'a <b'.stripHtml()", "a"],
    ["strings.quote('\\u0007\"\\\\')", '"\\a\\"\\\\"'],
  ],
  pattern: [
    ["'Order 42'.matches('(?i)order [0-9]+')", true],
    ["'a'.matches('(')", refused],
    ["'a'.matches('(?=a)')", refused],
    ["'a'.matches('(a{1000}){1000}')", refused],
    ["'a'.matches('\\\\1')", refused],
    ["regex.extract('a', 'b').hasValue()", false],
    ["regex.extract('ab', '(a)(b)').hasValue()", refused],
    ["regex.extractAll('a1b22', '[a-z]([0-9]+)')", ["1", "22"]],
    ["regex.replace('aaa', '', '-')", "-a-a-a-"],
    ["regex.replace('a1', '([0-9])', '$1')", "a$1"],
  ],
  list: [
    ["[].first().orValue('none')", "none"],
    ["[{'a': 1}].first().a", 1],
    ["[3, 'a'].sort()", "error: type"],
    ["[1, 1.0, '1', null, null, {'a': 1}, {'a': 1.0}].distinct()", [1, "1", null, { a: 1 }]],
    ["[[1, [2]], 3].flatten(5)", [1, 2, 3]],
    ["[1, 2].slice(1, 3)", refused],
    ["[].max()", refused],
    ["[].sum()", 0],
    ["['a'].sum()", "error: type"],
    ["[9007199254740991, 1].sum()", refused],
    ["[1].chunk(0)", refused],
    ["lists.range(-1)", refused],
    ["lists.range(1000000000)", costly],
    ["[timestamp(5), timestamp(1)].min()", "1970-01-01T00:00:01Z"],
  ],
  map: [
    ["{'a': {'b': [1, {'c d': 2}]}}.get('a.b[1][\"c d\"]').orValue(0)", 2],
    ["{'a': 1}.get('a.b').hasValue()", false],
    ["{'a': 1}.get('a..b').hasValue()", refused],
    ["[{'key': 'a'}].fromEntries()", refused],
    ["{'a': null}.entries()", [{ key: "a", value: null }]],
  ],
  number: [
    ["round(1.005, 2)", 1.01],
    ["round(-2.5)", -3],
    ["round(1e21)", 1e21],
    ["round(5e-324, 3)", 0],
    ["round(1.5, -1)", refused],
    ["clamp(1, 3, 2)", refused],
    ["math.greatest([])", refused],
    ["math.greatest(1, 'a')", "error: type"],
    ["math.sqrt(-1)", refused],
    ["int('12')", 12],
    ["int('1.5')", refused],
    ["int(1e20)", refused],
    ["double(' 1')", refused],
    ["double('0x10')", refused],
    ["bool('yes')", refused],
    ["string(1.0)", "1"],
    ["string([1])", "error: type"],
  ],
  date: [
    ["timestamp('2026-03-29T01:30:00Z').getHours('Europe/Berlin')", 3],
    ["timestamp('2026-03-29T00:30:00Z').getHours('Europe/Berlin')", 1],
    ["timestamp(0).getHours('-02:30')", 21],
    ["timestamp(0).getHours('Mars/Olympus')", refused],
    ["timestamp(0).getHours('')", refused],
    ["timestamp('0001-01-01T00:00:00Z').getFullYear('America/Lima')", 0],
    ["timestamp('2026-02-30T00:00:00Z')", refused],
    ["timestamp('2026-01-01 00:00:00Z')", refused],
    ["timestamp('2026-01-01T00:00:00+25:00')", refused],
    ["timestamp(1e15)", refused],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1s')", refused],
    ["parseDate('29/03/2026 02:30', 'dd/MM/yyyy HH:mm', 'Europe/Berlin')", "2026-03-29T01:30:00Z"],
    ["parseDate('25/10/2026 02:30', 'dd/MM/yyyy HH:mm', 'Europe/Berlin')", "2026-10-25T00:30:00Z"],
    ["parseDate('5 Mar 2026, 12:07 am', 'd MMM yyyy, h:mm a', 'UTC')", "2026-03-05T00:07:00Z"],
    ["parseDate('Thursday 5 march 26', 'EEEE d MMMM yy', 'UTC')", "2026-03-05T00:00:00Z"],
    ["parseDate('2026-01-02T03:04:05.678+0100', \"yyyy-MM-dd'T'HH:mm:ss.SSSXX\")", "2026-01-02T02:04:05.678Z"],
    ["parseDate('03/04/2026', 'dd/MM/yyyy')", refused],
    ["parseDate('31/02/2026', 'dd/MM/yyyy', 'UTC')", refused],
    ["parseDate('1/2/2026', 'dd/MM/yyyy', 'UTC')", refused],
    ["parseDate('01/02/2026x', 'dd/MM/yyyy', 'UTC')", refused],
    ["parseDate('01/02', 'dd/MM', 'UTC')", refused],
    ["parseDate('1', 'Q', 'UTC')", refused],
    ["formatDate(timestamp(0), \"yyyy 'year' '' a\")", "1970 year ' AM"],
    ['formatDate(timestamp(0), "\'open")', refused],
    ["formatDate(timestamp(0), 'XXX', 'Asia/Kolkata')", "+05:30"],
    ["timestamp(0).inZone('America/New_York')", "1969-12-31T19:00:00-05:00"],
    ["timestamp('2024-02-29T12:00:00Z').addYears(1)", "2025-02-28T12:00:00Z"],
    ["timestamp('2026-03-28T08:00:00Z').addDays(1, 'Europe/Berlin')", "2026-03-29T07:00:00Z"],
    ["timestamp('2026-03-29T12:00:00Z').startOfDay('Europe/Berlin')", "2026-03-28T23:00:00Z"],
    ["timestamp(0).addDays(1e9)", refused],
    ["timestamp('2026-03-01T00:00:00Z').startOfWeek()", "2026-02-23T00:00:00Z"],
    ["duration('1.5h30m')", "7200s"],
    ["duration('-1500ms')", "-1.5s"],
    ["duration('0.001s')", "0.001s"],
    ["duration('')", refused],
    ["duration('1')", refused],
    ["duration('1d')", refused],
    ["duration('.h')", refused],
    ["-duration('1s')", "-1s"],
    ["duration('90m').getMinutes() + duration('90m').getHours()", 91],
  ],
  phone: [
    ["phoneE164('+49 (0)30 901820')", "+4930901820"],
    ["phoneE164('030 901820', 'de')", "+4930901820"],
    ["phoneE164('030 901820')", refused],
    ["phoneE164('hello', 'US')", refused],
    ["phoneE164('1', 'XX')", refused],
    [`phoneValid('${"1".repeat(1000)}', 'US')`, false],
  ],
  money: [
    ["toMinorUnits(19.99, 'usd')", 1999],
    ["toMinorUnits(1.1, 'JPY')", refused],
    ["toMinorUnits('1.234', 'KWD')", 1234],
    ["toMinorUnits(-0.07, 'USD')", -7],
    ["toMinorUnits(1e20, 'USD')", refused],
    ["toMinorUnits(1, 'ABC')", refused],
    ["fromMinorUnits(7, 'KWD')", 0.007],
    ["fromMinorUnits(1.5, 'USD')", refused],
    ["formatMoney(1, 'USD', 'not a locale')", refused],
    ["formatMoney(1234.5, 'JPY', 'en-US')", "¥1,235"],
    ["parseDecimal('1,234.56', '.')", 1234.56],
    ["parseDecimal(' -1 234,5 ', ',')", -1234.5],
    ["parseDecimal('1.23,4', ',')", refused],
    ["parseDecimal('1,2,3', ',')", refused],
    ["parseDecimal('12', ';')", refused],
  ],
  encoding: [
    ["base64.encode('')", ""],
    ["base64.encode('ab')", "YWI="],
    ["base64.decode('YWI')", "ab"],
    ["base64.decode('a')", refused],
    ["base64.decode('****')", refused],
    ["base64.decode('/w==')", refused],
    ["base64.decode(base64.encode('héllo 😀'))", "héllo 😀"],
    ["base64Url.decode(base64Url.encode('??>>~~'))", "??>>~~"],
    ["hex.decode('zz')", refused],
    ["hex.decode('616')", refused],
    ["urlDecode('%')", refused],
    ["urlDecode('%e0')", refused],
    ["urlQuery({'a': [1, 2], 'b': null, 'c d': '&'})", "a=1&a=2&c%20d=%26"],
    ["urlQuery({'a': {}})", "error: type"],
    ["jsonDecode('{')", refused],
    [`jsonDecode('${"[".repeat(100)}${"]".repeat(100)}')`, refused],
    ["jsonEncode('\\u0000')", '"\\u0000"'],
    ["htmlEscape('\"<\\'>&')", "&quot;&lt;&#39;&gt;&amp;"],
  ],
  hashing: [
    ["sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["md5('\u00e9')", "66ddcd97cfdeabb2f6fb8a999b4bc76f"],
    ["hmacSha256('', '')", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"],
  ],
};

describe.each(Object.entries(cases))("%s functions", (_, ofFamily) => {
  test.each(ofFamily)("%s gives %j", (source, expected) => {
    expect(outcome(source)).toEqual(expected);
  });
});

describe("strange text", () => {
  test("survives: NUL and surrogates that stand alone", () => {
    const text = "a\u0000\ud800b";
    expect(outcome("t + t", { t: text })).toBe(text + text);
    expect(outcome("t.split('')", { t: text })).toEqual(["a", "\u0000", "\ud800", "b"]);
    expect(outcome("t.urlEncode()", { t: text })).toBe("a%00%EF%BF%BDb");
    expect(outcome("base64.decode(base64.encode(t))", { t: text })).toBe("a\u0000\ufffdb");
    expect(outcome("t.matches('b')", { t: text })).toBe(true);
    expect(outcome("t.sha256() == t.sha256()", { t: text })).toBe(true);
  });
});

describe("prices", () => {
  const spent = (source: string, text: string) => {
    const budget = new Budget();
    compileExpression(source, { names: ["t"] }).evaluate({ t: text }, budget);
    return budget.spent;
  };

  test.each([
    "t.upper()",
    "t.trim()",
    "t + t",
    "t.sha256()",
    "t.matches('a+')",
    "t == t + ''",
    "t.stripHtml()",
    "[t].join('')",
    "t.contains('bb')",
    "base64.encode(t)",
    "jsonEncode(t)",
    "t.size()",
    "t < t + 'a'",
  ])("%s costs more for longer text", (source) => {
    expect(spent(source, "a".repeat(20_000))).toBeGreaterThan(spent(source, "a".repeat(200)) * 2);
  });
});
