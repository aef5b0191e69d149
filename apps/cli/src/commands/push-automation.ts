import { readFile } from "node:fs/promises";
import { ApiError } from "@millrace/contract";
import { CliError, type FileIssue, usageError } from "../cli-error.ts";
import { type DefinitionFile, parseDefinitionFile } from "../definition-file/definition-file.ts";
import { printable } from "../output/printable.ts";
import { issueLines } from "../report-problem.ts";
import type { Session } from "../session.ts";

/** `millrace automations push FILE`. What the server finds wrong is shown where it stands in the file. */
export async function pushAutomation(session: Session, path: string, publish: boolean): Promise<void> {
  const name = path === "-" ? "standard input" : path;
  const text = path === "-" ? await session.terminal.readInput() : await readText(path);
  const file = parseDefinitionFile(text, name);
  const client = await session.client();
  const pushed = await client.automations
    .push({ definition: file.data, publish })
    .catch((error: unknown) => Promise.reject(inFile(error, file, name)));
  const issues = located(pushed.issues, file);
  session.show({ ...pushed, issues }, () => {
    const { paint } = session;
    const state = pushed.version === null ? "not published yet" : `published as version ${pushed.version}`;
    return [
      `${paint("good", "✓")} ${pushed.created ? "Created" : "Saved"} ${paint("strong", printable(pushed.name))}, ${publish ? state : draftState(pushed.version)}`,
      `  id       ${pushed.id}`,
      ...(pushed.webhookUrl === null ? [] : [`  webhook  ${printable(pushed.webhookUrl)}`]),
      `  editor   ${printable(pushed.editorUrl)}`,
      ...(issues.length === 0 ? [] : ["", "Before it can be published:", ...issueLines(issues, name, session)]),
    ];
  });
}

function draftState(version: number | null): string {
  return version === null ? "not published yet" : `version ${version} stays published`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw usageError(`There is no file ${path}.`);
    throw usageError(`${path} cannot be read (${code}).`);
  }
}

function inFile(error: unknown, file: DefinitionFile, name: string): unknown {
  if (!(error instanceof ApiError) || error.issues.length === 0) return error;
  const { status, code, message, instance } = error;
  const advice = "Nothing was saved.";
  const issues = located(error.issues, file);
  return new CliError({ code, message, status, advice, issues, file: name, ...(instance ? { instance } : {}) }, error);
}

function located<Issue extends FileIssue>(issues: readonly Issue[], file: DefinitionFile): (Issue & FileIssue)[] {
  return issues.map((issue) => ({ ...issue, ...file.locate(issue.path) }));
}
