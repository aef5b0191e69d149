import { writeFile } from "node:fs/promises";
import { CliError } from "../cli-error.ts";
import { presentDefinition } from "../definition-file/definition-file.ts";
import { getAutomationId } from "../find-automation.ts";
import { printable, printableLines } from "../output/printable.ts";
import type { Session } from "../session.ts";

/** `millrace automations pull NAME_OR_ID`: the draft, as the file that `push` takes. */
export async function pullAutomation(session: Session, nameOrId: string, output: string | undefined): Promise<void> {
  const client = await session.client();
  const automation = await client.automations.get({ automationId: await getAutomationId(client, nameOrId) });
  const yaml = presentDefinition(automation.definition);
  if (output !== undefined) await write(output, yaml);
  const { id, name, definition, draftRevision } = automation;
  session.show({ id, name, draftRevision, file: output ?? null, definition }, () => {
    if (output !== undefined) return `Wrote ${printable(name)} to ${output}.`;
    const text = yaml.replace(/\n$/, "");
    return session.terminal.isTty ? printableLines(text) : text;
  });
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError({ code: "file_not_written", message: `${path} cannot be written (${code}).` });
  }
}
