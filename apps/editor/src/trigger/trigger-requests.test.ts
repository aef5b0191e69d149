import { webhookDefaults, webhookLimits } from "@millrace/automation";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressLines, addressProblem } from "./address-lines.ts";
import { bytesOf, sizeOf, sizeText } from "./byte-size.ts";
import { claimsOf } from "./claims.ts";
import { findIssues } from "./trigger-issues.ts";
import { bodyLimitOf, methodsOf, requestsNote } from "./trigger-requests.ts";

test("a number of bytes is said in the largest unit that gives a whole number, and is the same again", () => {
  expect([1_048_576, 1_536 * 1_024, 1_000, 0].map(sizeText)).toEqual(["1 MiB", "1536 KiB", "1000 bytes", "0 bytes"]);
  expect(bytesOf({ amount: 1.5, unit: "MiB" })).toBe(1_572_864);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: webhookLimits.maxBodyBytes }), (bytes) => {
      expect(bytesOf(sizeOf(bytes))).toBe(bytes);
    }),
  );
});

test("what is the default is not written", () => {
  expect(methodsOf(["PATCH", "POST", "PUT"])).toBeUndefined();
  expect(methodsOf(["GET", "POST"])).toEqual(["POST", "GET"]);
  expect(methodsOf([])).toEqual([]);
  expect(bodyLimitOf(webhookDefaults.maxBodyBytes)).toBeUndefined();
  expect(bodyLimitOf(5)).toBe(5);
});

test("the note says what a request may look like", () => {
  expect(requestsNote({})).toBe("POST, PUT, PATCH · up to 1 MiB");
  expect(requestsNote({ methods: ["GET"], maxBodyBytes: 2_048, rateLimit: { requests: 100, per: "1m" } })).toBe(
    "GET · up to 2 KiB · 100 per 1m",
  );
});

test("addresses stand one a line or between commas, and the first that is none is named", () => {
  expect(addressLines(" 192.0.2.1 \n\n2001:db8::/32, 192.0.2.0/24\n")).toEqual([
    "192.0.2.1",
    "2001:db8::/32",
    "192.0.2.0/24",
  ]);
  expect(addressProblem(["192.0.2.1", "2001:db8::/32"])).toBeUndefined();
  expect(addressProblem(["192.0.2.1", "everyone", "192.0.2.300"])).toMatch(/^everyone is no address or range/);
});

test("true and false are booleans among claims, unless they were text before", () => {
  expect(claimsOf({ admin: "true", tenant: "a", old: "false" }, { old: "false" })).toEqual({
    ...{ admin: true, tenant: "a", old: "false" },
  });
  expect(claimsOf({}, { tenant: "a" })).toBeUndefined();
});

test("a problem is found at its field and at what holds it, and nowhere else", () => {
  const issue = (path: string) => ({
    path,
    code: "malformed",
    message: `expected ${path}`,
    severity: "error" as const,
  });
  const issues = findIssues([issue("trigger.verify.secret[1]"), issue("trigger.rateLimit.per")]);
  expect(issues.at("trigger.verify.secret")).toBe("Expected trigger.verify.secret[1]");
  expect(issues.at("trigger.verify.secretPrefix")).toBeUndefined();
  expect(issues.count(["trigger.verify", "trigger.rateLimit", "trigger.order"])).toBe(2);
});
