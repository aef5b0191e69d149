import { type Client, createClient, eventStreamType } from "@millrace/contract";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { type Paint, paintOf } from "./output/paint.ts";
import { apiKey, serverUrl } from "./server-address.ts";
import type { Terminal } from "./terminal.ts";

const answerTimeoutMs = 60_000;

/** What one run of a command has at hand. */
export type Session = {
  terminal: Terminal;
  paint: Paint;
  json: boolean;
  /** Texts that no error may show. */
  secrets: Set<string>;
  /** Set by commands whose end is neither a success nor an error of the command itself. */
  exitCode: ExitCode;
  url(): string;
  /** The typed client with the API key. Throws CliError where there is none. */
  client(): Promise<Client>;
  /** For the endpoints that anyone may read. */
  publicClient(): Client;
  /** Prints the value as JSON with `--json`, else what `human` makes of it. */
  show(value: unknown, human: () => string | readonly string[]): void;
  line(text?: string): void;
};

export function openSession(terminal: Terminal, json: boolean): Session {
  const paint = paintOf(terminal.hasColor);
  const line = (text = "") => terminal.out(`${text}\n`);
  const session: Session = {
    terminal,
    paint,
    json,
    secrets: new Set(),
    exitCode: exitCodes.ok,
    url: () => serverUrl(terminal.env),
    async client() {
      const baseUrl = session.url();
      const key = await apiKey(terminal.env, baseUrl);
      session.secrets.add(key);
      return createClient({ baseUrl, apiKey: key, fetch: fetchInTime });
    },
    publicClient: () => createClient({ baseUrl: session.url(), fetch: fetchInTime }),
    show(value, human) {
      if (json) return line(JSON.stringify(value, null, 2));
      const text = human();
      for (const each of typeof text === "string" ? [text] : text) line(each);
    },
    line,
  };
  return session;
}

/** An answer that does not come is an error, but a live stream may be silent for as long as nothing happens. */
function fetchInTime(url: string, init: RequestInit): Promise<Response> {
  const isStream = new Headers(init.headers).get("accept") === eventStreamType;
  return fetch(url, isStream || init.signal ? init : { ...init, signal: AbortSignal.timeout(answerTimeoutMs) });
}
