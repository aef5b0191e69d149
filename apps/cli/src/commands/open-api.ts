import type { Command } from "commander";
import { addCommand } from "../command.ts";
import type { Session } from "../session.ts";

export function addOpenApi(program: Command, session: Session): void {
  addCommand(program, "openapi", "print the API's OpenAPI document (JSON; needs no key)").action(async () => {
    const document = await session.publicClient().reference.openApi();
    session.line(JSON.stringify(document, null, 2));
  });
}
