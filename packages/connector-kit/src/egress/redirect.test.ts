import { describe, expect, test } from "vitest";
import { type Hop, nextHop } from "./redirect.ts";

const hop = (method: string, body?: string): Hop => ({
  url: new URL("https://api.example.com/a/b?x=1"),
  method,
  headers: { authorization: "k", "content-type": "text/plain", accept: "*/*" },
  body,
});

describe("within one origin", () => {
  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [301, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "DELETE", "DELETE"],
  ])("status %i turns %s into %s", (status, from, to) => {
    const next = nextHop(hop(from, from === "HEAD" ? undefined : "x"), status, "../c");
    expect([next.method, next.url.href]).toEqual([to, "https://api.example.com/c"]);
    expect(next.headers.authorization).toBe("k");
    expect(next.body).toBe(to === from && from !== "HEAD" ? "x" : undefined);
    expect("content-type" in next.headers).toBe(to === from);
  });
});

test("a step from https to http is not taken", () => {
  expect(() => nextHop(hop("GET"), 302, "http://api.example.com/")).toThrow(/https to http/);
});

test("another port or a sub-domain is another origin", () => {
  for (const location of ["https://api.example.com:8443/", "https://x.api.example.com/", "//example.com/"]) {
    expect(nextHop(hop("GET"), 302, location).headers).toEqual({ accept: "*/*" });
    expect(() => nextHop(hop("DELETE"), 307, location)).toThrow(/another host/);
  }
});

test("a location that is no address is refused", () => {
  expect(() => nextHop(hop("GET"), 302, "https://[")).toThrow(/no usable address/);
});
