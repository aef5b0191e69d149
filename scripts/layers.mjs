// Fails on an import of a package from a higher layer, on one that package.json does not declare, and on a library that
// belongs to one room only.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./prepare.mjs";

const onlyIn = {
  pg: ["db", "queue", "testing"],
  "@prisma/client": ["db"],
  "@prisma/adapter-pg": ["db"],
  bullmq: ["queue", "testing"],
  ioredis: ["queue", "testing"],
  undici: ["connector-kit"],
  "@marcbachmann/cel-js": ["automation"],
};
// Built on the database package, whose tests use it: declaring that would be a circle of builds.
const undeclared = { db: ["@millrace/testing"] };
const banned = ["vm2", "expr-eval", "node:vm", "vm", "request", "axios"];

const members = ["packages", "apps"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => {
    const dir = join(root, folder, name);
    const manifest = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    return { name, dir, manifest, layer: manifest.layer };
  }),
);
const layerOf = new Map(members.map(({ manifest, layer }) => [manifest.name, layer]));
const faults = [];

for (const member of members) {
  if (typeof member.layer !== "number") faults.push(`${member.dir}/package.json: "layer" is missing`);
  for (const file of sources(join(member.dir, "src"))) checkFile(member, file);
}

function checkFile({ name, dir, manifest, layer }, file) {
  const isTest = /\.(test|contract)\.tsx?$|\/testing\//.test(file);
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
  const text = readFileSync(file, "utf8");
  const imports = /^(?:import|export)\b[^"'`=;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  for (const [, from, bare, dynamic] of text.matchAll(imports)) {
    const specifier = from ?? bare ?? dynamic;
    if (!specifier || specifier.startsWith(".")) continue;
    const place = file.slice(root.length + 1);
    const target = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0];
    if (banned.includes(specifier)) faults.push(`${place}: ${specifier} is banned`);
    if (specifier.startsWith("node:")) continue;
    if (isTest && undeclared[name]?.includes(target)) continue;
    if (!(target in declared) && !["vitest", "vite"].includes(target))
      faults.push(`${place}: ${target} is not declared in ${dir.slice(root.length + 1)}/package.json`);
    if (onlyIn[target] && !onlyIn[target].includes(name) && !isTest)
      faults.push(`${place}: only ${onlyIn[target].join(", ")} may import ${target}`);
    if (layerOf.has(target) && layerOf.get(target) > layer && !isTest) {
      faults.push(`${place}: ${manifest.name} (layer ${layer}) imports ${target} (layer ${layerOf.get(target)})`);
    }
  }
}

function sources(dir) {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return name === "generated" ? [] : sources(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  console.error(`\n${faults.length} imports are in the wrong room. ARCHITECTURE.md has the layers.`);
  process.exit(1);
}
console.log(`layers: ${members.length} packages, no import in the wrong room`);
