import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { multipartLimits, parseMultipart } from "./multipart.ts";
import { openEvent } from "./trigger-scope.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const bytesOf = async (source: Blob | Response) => new Uint8Array(await source.arrayBuffer());
const base64 = (content: Uint8Array) => Buffer.from(content).toString("base64");
const type = "multipart/form-data; boundary=b";
const part = (head: string, content = "x") => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content = "x") => part(`Content-Disposition: form-data; name="${name}"`, content);
const parse = (body: string, contentType = type) => parseMultipart(contentType, bytes(body));

const open = (body: Uint8Array, contentType: string) =>
  openEvent({ method: "POST", query: "", headers: [], contentType, body, receivedAt: new Date(0) });

/** Two writers escape a backslash in two ways, so names have none; the ways are tested by themselves. */
const name = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\\%\0\ufeff]|\p{Cs}/gu, "_"));
/** Node writes a file without a name as a field. */
const fileName = name.map((text) => text || "file");
const content = fc.uint8Array({ maxLength: 200 });

test("what a browser's FormData writes is what is read", async () => {
  const text = fc.string({ unit: "binary", maxLength: 50 });
  const entry = fc.oneof(
    fc.record({ name, text }),
    fc.record({ name, file: fc.record({ name: fileName, type: fc.constantFrom("image/png", "text/plain"), content }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      const form = new FormData();
      for (const one of entries) {
        if ("text" in one) form.append(one.name, one.text);
        else form.append(one.name, new Blob([one.file.content], { type: one.file.type }), one.file.name);
      }
      const expected = new Map<string, unknown[]>();
      for (const [key, value] of form) {
        // The standard writes the line ends of names and fields as CR LF.
        const written = key.replace(/\r\n?|\n/g, "\r\n");
        const read =
          typeof value === "string"
            ? value.replace(/\r\n?|\n/g, "\r\n")
            : { name: value.name, type: value.type, size: value.size, base64: base64(await bytesOf(value)) };
        expected.set(written, [...(expected.get(written) ?? []), read]);
      }
      const sent = new Response(form);
      const opened = open(await bytesOf(sent), sent.headers.get("content-type") ?? "");
      expect(opened.bodyKind).toBe("multipart");
      const wanted = [...expected].map(([key, values]) => [key, values.length === 1 ? values[0] : values] as const);
      expect(new Map(Object.entries(opened.trigger.body ?? {}))).toEqual(new Map(wanted));
    }),
  );
});

test("bytes with line ends, dashes and beginnings of the boundary come through whole", () => {
  const crumbs = fc.array(fc.constantFrom("\r", "\n", "\r\n", "-", "--", "--b", "\r\n--", "a", " "), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(crumbs, { maxLength: 5 }), (values) => {
      const texts = values.map((crumb) => crumb.join("")).filter((text) => !/^--bo|\r\n--bo/.test(`\r\n${text}`));
      const body = texts.map((text, index) => `--bo\r\ncontent-disposition:form-data;name=${index}\r\n\r\n${text}\r\n`);
      const parsed = parse(`preamble\r\n${body.join("")}--bo--\r\nepilogue`, "multipart/form-data;boundary=bo");
      expect(parsed).toEqual({ ok: true, value: Object.assign(Object.create(null), texts) });
    }),
  );
});

test("any bytes are read without throwing", () => {
  const crumb = fc.constantFrom(
    "--b",
    "--b--",
    "\r\n",
    "\r\n\r\n",
    "Content-Disposition: form-data; name=",
    '"',
    "\\",
    ";",
    "é",
  );
  fc.assert(
    fc.property(fc.array(crumb), (crumbs) => {
      JSON.stringify(parse(crumbs.join("")));
      JSON.stringify(open(Buffer.from(crumbs.join(""), "latin1"), type));
    }),
  );
});

describe("names", () => {
  const only = (head: string) => parse(`${part(`Content-Disposition: form-data; ${head}`)}--b--`);
  const file = (value: string | null) => ({
    ok: true,
    value: { f: { name: value, type: null, size: 1, base64: "eA==" } },
  });

  test("of a prototype are data, and repeated ones give a list", () => {
    const parsed = parse(`${field("__proto__", "1")}${field("constructor", "2")}${field("__proto__", "3")}--b--`);
    const value = parsed.ok ? parsed.value : {};
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.entries(value)).toEqual([
      ["__proto__", ["1", "3"]],
      ["constructor", "2"],
    ]);
    expect(({} as Record<string, unknown>)[1]).toBeUndefined();
  });

  test("are read with quotes and backslashes as browsers, curl and Go write them", () => {
    expect(only('name="a\\"b\\\\c"')).toMatchObject({ value: { 'a"b\\c': "x" } });
    expect(only('name="a%22b%0D%0Ac%41"')).toMatchObject({ value: { 'a"b\r\nc%41': "x" } });
    expect(only('name=f; filename="C:\\temp\\é.txt"')).toEqual(file("C:\\temp\\é.txt"));
    expect(only("name=f; filename*=UTF-8''%c3%a9.txt")).toEqual(file("é.txt"));
    expect(only("name=f; filename=\"safe.txt\"; filename*=UTF-8''..%2f.txt")).toEqual(file("safe.txt"));
    expect(only('name=f; filename="../../etc/passwd"')).toEqual(file("../../etc/passwd"));
    expect(only('NAME=f; FileName=""')).toEqual(file(""));
  });

  test.each([
    ["given twice", 'name="a"; name="b"', "no Content-Disposition"],
    ["a file's, given twice", 'name="a"; filename="x.txt"; filename="x.sh"', "no Content-Disposition"],
    ["that do not end", 'name="a; filename="b"', "no Content-Disposition"],
    ["missing", 'filename="a"', "no name"],
    ["with a line end", 'name="a\nX-Other: b"', "no header"],
  ])("%s are refused", (_name, head, message) => {
    expect(only(head)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });
});

test("bytes that are no text in a field's character set are kept as a file without a name", () => {
  const head = 'Content-Disposition: form-data; name="f"';
  const send = (contentType: string) => {
    const text = `${part(`${head}${contentType}`, "\xe9")}--b--`;
    return parseMultipart(type, Buffer.from(text, "latin1"));
  };
  expect(send("")).toEqual({ ok: true, value: { f: { name: null, type: null, size: 1, base64: "6Q==" } } });
  expect(send("\r\nContent-Type: text/plain; charset=ISO-8859-1")).toEqual({ ok: true, value: { f: "é" } });
  expect(send("\r\nContent-Type: Text/X;\r\n charset=nobody")).toMatchObject({ value: { f: { type: "text/x" } } });
});

describe("a form that is broken is kept as it came, with the reason", () => {
  const disposition = 'Content-Disposition: form-data; name="a"';
  test.each([
    ["without a boundary", "multipart/form-data", field("a"), "must give the form's boundary"],
    ["with two boundaries", `${type}; boundary=c`, field("a"), "must give the form's boundary"],
    ["with a boundary too long", `multipart/form-data; boundary=${"b".repeat(71)}`, field("a"), "1 to 70 characters"],
    ["with another boundary", "multipart/form-data; boundary=c", `${field("a")}--b--`, "no line of the form"],
    ["that was cut off", type, field("a"), "before its closing boundary"],
    ["cut off within its boundary", type, `${field("a")}--b-`, "before its closing boundary"],
    ["with a part without a head", type, "--b\r\n\r\nx\r\n--b--", "part 1 of the form has"],
    ["with nothing between two boundaries", type, "--b\r\n--b--", "part 1 of the form has no empty line"],
    [
      "with a head that does not end",
      type,
      `${field("a")}--b\r\n${disposition}\r\n--b--`,
      "part 2 of the form has no empty",
    ],
    [
      "with two dispositions",
      type,
      `${part(`${disposition}\r\n${disposition}`)}--b--`,
      "has Content-Disposition twice",
    ],
    ["of other dispositions", type, `${part("Content-Disposition: attachment; name=a")}--b--`, "of form-data"],
    ["with a head of 9 KB", type, `${field("a".repeat(9_000))}--b--`, "within 8192 bytes"],
    ["with too many parts", type, `${field("a").repeat(multipartLimits.parts + 1)}--b--`, "more than 1000 parts"],
  ])("%s", (_name, contentType, body, message) => {
    expect(open(bytes(body), contentType)).toMatchObject({
      bodyKind: "text",
      malformed: expect.stringContaining(message),
      trigger: { body },
    });
  });

  test("and one of bytes that are no text as base64", () => {
    const body = Buffer.from(`${field("a", "\xff")}`, "latin1");
    expect(open(body, type)).toMatchObject({
      bodyKind: "binary",
      malformed: "the form ends before its closing boundary",
      trigger: { body: body.toString("base64") },
    });
  });

  test("but JSON that calls itself one is a value", () => {
    expect(open(bytes('{"a":1}'), "multipart/form-data")).toMatchObject({
      bodyKind: "json",
      trigger: { body: { a: 1 } },
    });
  });
});

test("as many parts as may be, and a form without any, are read", () => {
  const { value } = { value: undefined, ...parse(`${field("a").repeat(multipartLimits.parts)}--b--`) };
  expect(value?.a).toHaveLength(multipartLimits.parts);
  expect(parse("--b--")).toEqual({ ok: true, value: {} });
});
