// Makes ./secrets for docker-compose.yml, once. Files that exist are left as they are.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.argv[2] ?? fileURLToPath(new URL("../secrets", import.meta.url));
const password = randomBytes(24).toString("base64url");
const secrets = {
  "postgres-password": password,
  "database-url": `postgresql://millrace:${password}@postgres:5432/millrace`,
  "vault-keys": `k1:${randomBytes(32).toString("base64")}`,
};

// Only we may look into the folder; the files in it are readable for the user of the containers that get them.
mkdirSync(folder, { recursive: true, mode: 0o700 });
const existing = Object.keys(secrets).filter((name) => existsSync(join(folder, name)));
if (existing.length > 0) {
  console.error(`${folder} holds ${existing.join(", ")} already. Nothing was changed.`);
  process.exit(1);
}
for (const [name, value] of Object.entries(secrets))
  writeFileSync(join(folder, name), value, { mode: 0o444, flag: "wx" });
console.log(`Wrote ${Object.keys(secrets).join(", ")} to ${folder}.`);
console.log("Back up vault-keys, apart from the database's backups: without it, stored credentials cannot be opened.");
