import type { RespondStep } from "@millrace/automation";
import { isJsonObject, type Json } from "@millrace/base";
import { JsonField } from "./JsonField.tsx";
import { KeyValueField } from "./KeyValueField.tsx";
import { MappingField } from "./MappingField.tsx";

type Props = { step: RespondStep; onChange: (step: RespondStep, tag?: string) => void };

/** The answer that a sender gets who waits for the run. */
export function RespondForm({ step, onChange }: Props) {
  const { status, headers, body } = step.respond;
  const set = (change: Partial<RespondStep["respond"]>, tag: string) =>
    onChange({ ...step, respond: { ...step.respond, ...change } }, `${step.id}.${tag}`);
  return (
    <>
      <MappingField
        title="Status"
        description="200 unless said otherwise."
        placeholder="200"
        value={status === undefined ? "" : String(status)}
        onChange={(text) => set({ status: statusOf(text) }, "status")}
      />
      <KeyValueField
        field={{
          title: "Headers",
          description: "Content-Type is application/json or text/plain unless said otherwise.",
          isRequired: false,
        }}
        value={headers}
        onChange={(next) => set({ headers: headersOf(next) }, "headers")}
      />
      <JsonField
        field={{ title: "Body", description: "Text is sent as it is, anything else as JSON.", isRequired: false }}
        value={body}
        onChange={(next) => set({ body: next }, "body")}
      />
    </>
  );
}

function statusOf(text: string): number | string | undefined {
  if (text.trim() === "") return undefined;
  return /^\d+$/.test(text.trim()) ? Number(text) : text;
}

function headersOf(value: Json | undefined): Record<string, string> | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
