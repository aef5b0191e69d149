import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt */
const cost = 17;
const blockSize = 8;
const keyBytes = 32;
const saltBytes = 16;

/** `scrypt$<log2 N>$<r>$<salt>$<key>`: the numbers can rise later, because every hash says which it was made with. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, cost, blockSize);
  return ["scrypt", cost, blockSize, salt.toString("base64url"), key.toString("base64url")].join("$");
}

export async function verifyPassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const [scheme, logN, r, salt, key] = hash.split("$");
  if (scheme !== "scrypt" || !salt || !key) return false;
  const expected = Buffer.from(key, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), Number(logN), Number(r));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

let turn: Promise<unknown> = Promise.resolve();

/** One at a time: each takes 128 MiB, and whoever tries passwords in parallel must not take them all. */
function derive(password: string, salt: Buffer, logN: number, r: number): Promise<Buffer> {
  const derived = turn.then(() => deriveNow(password, salt, logN, r));
  turn = derived.catch(() => undefined);
  return derived;
}

function deriveNow(password: string, salt: Buffer, logN: number, r: number): Promise<Buffer> {
  const N = 2 ** logN;
  const options: ScryptOptions = { N, r, p: 1, maxmem: 256 * N * r };
  return new Promise((resolve, reject) => {
    // One form for every way to type the same character.
    scrypt(password.normalize("NFKC"), salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
