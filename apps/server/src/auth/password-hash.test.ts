import { expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./password-hash.ts";

test("accepts the password that was hashed, however its characters were typed, and no other", async () => {
  const hash = await hashPassword("caf\u00e9 number nine");
  expect(await verifyPassword({ hash, password: "cafe\u0301 number nine" })).toBe(true);
  expect(await verifyPassword({ hash, password: "cafe number nine" })).toBe(false);
});

test("makes another hash each time and holds no password", async () => {
  const [first, second] = await Promise.all([hashPassword("difference engine"), hashPassword("difference engine")]);
  expect(first).not.toBe(second);
  expect(first).not.toContain("difference");
});

test("takes no hash of another scheme", async () => {
  for (const hash of ["", "plain", "bcrypt$1$2$3$4", "scrypt$17$8$$"]) {
    expect(await verifyPassword({ hash, password: "" })).toBe(false);
  }
});
