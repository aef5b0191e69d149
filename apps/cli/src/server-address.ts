import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CliError, usageError } from "./cli-error.ts";
import { exitCodes } from "./exit-code.ts";
import { repositoryRoot } from "./repository-root.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const defaultUrl = "http://127.0.0.1:4400";

/** Where the server is, from MILLRACE_URL; without a slash at the end. */
export function serverUrl(env: Environment): string {
  const text = env.MILLRACE_URL || defaultUrl;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError("MILLRACE_URL is no http or https address.", `Example: MILLRACE_URL=${defaultUrl}`);
  }
  if (url.username || url.password) {
    throw usageError("MILLRACE_URL holds a user name or password.", "Put the API key into MILLRACE_API_KEY instead.");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** The key of MILLRACE_API_KEY; on this machine, else the one that the embedded server wrote when it first started. */
export async function apiKey(env: Environment, url: string): Promise<string> {
  const fromEnvironment = env.MILLRACE_API_KEY?.trim();
  if (fromEnvironment) return fromEnvironment;
  const isLocal = isLoopback(new URL(url).hostname);
  if (isLocal) {
    const key = await readKeyFile(join(millraceHome(env), "cli-key"));
    if (key) return key;
  }
  throw new CliError({
    code: "api_key_missing",
    message: isLocal
      ? `There is no API key: MILLRACE_API_KEY is not set, and ${join(millraceHome(env), "cli-key")} does not exist.`
      : `There is no API key for ${url}: MILLRACE_API_KEY is not set.`,
    advice: isLocal
      ? "npm start writes that file when it first starts. For a server that keeps its data elsewhere, set MILLRACE_HOME, or create a key in the editor under Settings and set MILLRACE_API_KEY."
      : "Create a key in the editor under Settings, or with millrace keys create on the server's machine, and set MILLRACE_API_KEY.",
    exitCode: exitCodes.notAuthorized,
  });
}

/** The same folder that the server of this repository uses. */
function millraceHome(env: Environment): string {
  const path = env.MILLRACE_HOME || ".millrace";
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(repositoryRoot, path);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim() || undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError({
      code: "api_key_unreadable",
      message: `${path} cannot be read (${code}).`,
      advice: "Run the command as the user that started the server, or set MILLRACE_API_KEY.",
      exitCode: exitCodes.notAuthorized,
    });
  }
}

/** The key file is for this machine's server: it is never sent anywhere else. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
