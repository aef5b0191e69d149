import { styleText } from "node:util";

const style = (format: Parameters<typeof styleText>[0], text: string): string =>
  process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;

/** What a person who starts Millrace in a terminal sees while it starts. */
export function createTerminal(isQuiet: boolean) {
  const line = (text: string) => {
    if (!isQuiet) process.stdout.write(`${text}\n`);
  };
  return {
    line,
    step: (text: string) => line(style("dim", `  ${text}`)),
    ready: (facts: ReadyFacts) => {
      for (const text of readyLines(facts)) line(text);
    },
  };
}

export type Terminal = ReturnType<typeof createTerminal>;

export type ReadyFacts = {
  url: string;
  seconds: number;
  setupLink: string | undefined;
  webhook: { automation: string; curl: string } | undefined;
  notices: readonly string[];
};

function readyLines({ url, seconds, setupLink, webhook, notices }: ReadyFacts): string[] {
  const lines = ["", `  ${style("bold", "Millrace is ready")} at ${style("cyan", url)}  (${seconds.toFixed(1)} s)`, ""];
  if (setupLink) lines.push("  Create your account (the link works once):", `    ${style("cyan", setupLink)}`, "");
  if (webhook) {
    lines.push(`  "${webhook.automation}" is live. Fire its webhook:`, `    ${webhook.curl}`, "");
    lines.push("  See what it did, step by step:", "    npx millrace runs show <runId>", "");
  }
  for (const notice of notices) lines.push(`  ${style("yellow", notice)}`);
  if (notices.length > 0) lines.push("");
  lines.push(style("dim", "  Ctrl-C stops everything."), "");
  return lines;
}
