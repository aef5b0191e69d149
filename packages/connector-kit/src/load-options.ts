import { Failure } from "@millrace/base";
import type { CallAction, PickerOption } from "./action.ts";
import type { Credential } from "./credential-fields.ts";
import type { Egress } from "./egress/egress.ts";
import { guardedCall } from "./guarded-call.ts";
import { suggestion } from "./nearest-names.ts";

export type OptionsCall = {
  credential: Credential | undefined;
  http: Egress;
  search?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
};

/** The choices of a picker field, asked from the service. Throws `Failure`. */
export async function loadOptions(action: CallAction, field: string, call: OptionsCall): Promise<PickerOption[]> {
  const { credential, timeoutMs = 15_000, search = "" } = call;
  if (!action.optionFields.includes(field)) {
    throw new Failure("invalid_input", `"${action.title}" has no choices for "${field.slice(0, 80)}".`, {
      field: field.slice(0, 80),
      advice: suggestion(field, action.optionFields),
    });
  }
  if (action.connection?.required && !credential) {
    throw new Failure("connection_missing", `The choices of "${field}" come from the service and need a connection.`);
  }
  return guardedCall({
    connection: action.connection,
    credential,
    http: call.http,
    signal: call.signal,
    timeoutMs,
    call: ({ http, signal }) => action.listOptions(field, { credential, http, signal, timeoutMs, search }),
  });
}
