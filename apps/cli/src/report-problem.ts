import type { FileIssue } from "./cli-error.ts";
import { printable, printableLines } from "./output/printable.ts";
import type { FinalProblem } from "./problem-of.ts";
import type { Session } from "./session.ts";

/** Shorter ones are no secrets, and hiding them would leave an error unreadable. */
const shortestSecret = 4;

/** Writes the problem to standard error: sentences for people, problem details (RFC 9457) with `--json`. */
export function reportProblem(problem: FinalProblem, session: Session): void {
  const clean = withoutSecrets(problem, session.secrets);
  const text = session.json ? JSON.stringify(problemDetails(clean), null, 2) : sentences(clean, session).join("\n");
  session.terminal.err(`${text}\n`);
}

function problemDetails({ code, message, status, advice, issues, file, instance, exitCode }: FinalProblem) {
  return {
    type: `urn:millrace:problem:${code}`,
    title: code.replaceAll("_", " "),
    ...(status ? { status } : {}),
    detail: message,
    code,
    ...(advice ? { advice } : {}),
    ...(issues && issues.length > 0 ? { issues } : {}),
    ...(file ? { file } : {}),
    ...(instance ? { instance } : {}),
    exitCode,
  };
}

function sentences({ message, advice, issues = [], file, instance, status }: FinalProblem, session: Session): string[] {
  const { paint } = session;
  return [
    `${paint("bad", "✗")} ${printableLines(message)}`,
    ...issueLines(issues, file, session),
    ...(advice ? [paint("faint", `  ${advice}`)] : []),
    ...(instance && status !== undefined && status >= 500
      ? [paint("faint", `  In the server's log: ${printable(instance)}`)]
      : []),
  ];
}

/** `  flow.yaml:12:5  steps[1].input.key  …`: the place first, in the form that editors open. */
export function issueLines(issues: readonly FileIssue[], file: string | undefined, { paint }: Session): string[] {
  return issues.map((issue) => {
    const place =
      issue.line === undefined ? "" : `${file ?? "line "}${file ? ":" : ""}${issue.line}:${issue.column ?? 1}  `;
    const path = issue.path === "" ? "" : `${paint("strong", printable(issue.path))}  `;
    // The server's messages often end with the hint already.
    const hint = issue.nearest && !issue.message.includes("Did you mean") ? ` Did you mean ${issue.nearest}?` : "";
    const mark = issue.severity === "warning" ? paint("warn", "!") : paint("bad", "✗");
    return `  ${mark} ${paint("faint", place)}${path}${printable(issue.message + hint)}`;
  });
}

/** An error that quotes what we sent must not show a credential. Taken out by value, before anything is escaped. */
function withoutSecrets(problem: FinalProblem, secrets: ReadonlySet<string>): FinalProblem {
  const forms = [...secrets]
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .sort((one, other) => other.length - one.length); // a secret may contain another
  const clean = (text: string) => forms.reduce((each, form) => each.replaceAll(form, "[hidden]"), text);
  return {
    ...problem,
    message: clean(problem.message),
    ...(problem.advice === undefined ? {} : { advice: clean(problem.advice) }),
    issues: (problem.issues ?? []).map((issue) => ({
      ...issue,
      path: clean(issue.path),
      message: clean(issue.message),
      ...(issue.nearest === undefined ? {} : { nearest: clean(issue.nearest) }),
    })),
  };
}
