import { Select, TextInput } from "@mantine/core";
import { contentParts, schemeChoices } from "@millrace/automation";
import { KeyReading } from "./KeyReading.tsx";
import type { OwnScheme } from "./scheme-drafts.ts";
import { withLayout } from "./scheme-drafts.ts";
import { TimestampFields } from "./TimestampFields.tsx";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import { algorithmTitle, layoutTitles, urlFormTitles } from "./verification-text.ts";

export type Signature = OwnScheme<"hmac"> | OwnScheme<"publicKey">;
export type SignatureProps<Scheme extends Signature> = {
  value: Scheme;
  /** `field` names what was typed in; a choice has none. */
  onChange: (value: Scheme, field?: string) => void;
};

const path = "trigger.verify";

/** Where a signature stands, how it is written, and which bytes it covers. */
export function SignatureForm<Scheme extends Signature>({ value, onChange }: SignatureProps<Scheme>) {
  const issues = useTriggerIssues();
  const layout = value.layout ?? "plain";
  return (
    <>
      <KeyReading value={value} onChange={onChange} />
      <div className={classes.columns}>
        <AlgorithmSelect value={value} onChange={onChange} />
        <Select
          label="Written as"
          data={[...schemeChoices.encodings]}
          value={value.encoding}
          onChange={(encoding) => encoding && onChange({ ...value, encoding })}
          allowDeselect={false}
        />
        <TextInput
          label="Header"
          required
          value={value.header}
          onChange={(event) => onChange({ ...value, header: event.currentTarget.value.trim() }, "header")}
          error={issues.at(`${path}.header`)}
        />
        <TextInput
          label="Text before the signature"
          placeholder="none, or such as sha256="
          value={value.prefix ?? ""}
          onChange={(event) => onChange({ ...value, prefix: event.currentTarget.value || undefined }, "prefix")}
          error={issues.at(`${path}.prefix`)}
        />
        <Select
          label="The header holds"
          data={schemeChoices.layouts.map((name) => ({ value: name, label: layoutTitles[name] }))}
          value={layout}
          onChange={(next) => next && onChange(withLayout(value, next))}
          allowDeselect={false}
        />
        {layout !== "plain" && (
          <TextInput
            label={layout === "pairs" ? "Name of the pairs that count" : "Version of the tokens that count"}
            required
            value={value.key ?? ""}
            onChange={(event) => onChange({ ...value, key: event.currentTarget.value }, "key")}
            error={issues.at(`${path}.key`)}
          />
        )}
      </div>
      <ContentFields value={value} onChange={onChange} />
      <TimestampFields value={value} onChange={onChange} />
    </>
  );
}

function AlgorithmSelect<Scheme extends Signature>({ value, onChange }: SignatureProps<Scheme>) {
  const names = value.scheme === "hmac" ? schemeChoices.hmacAlgorithms : schemeChoices.publicKeyAlgorithms;
  return (
    <Select<Signature["algorithm"]>
      label="Algorithm"
      data={names.map((name) => ({ value: name, label: algorithmTitle(name) }))}
      value={value.algorithm}
      onChange={(algorithm) => algorithm && onChange({ ...value, algorithm })}
      allowDeselect={false}
    />
  );
}

/** The signed text, and what its parts need to be found. */
function ContentFields<Scheme extends Signature>({ value, onChange }: SignatureProps<Scheme>) {
  const issues = useTriggerIssues();
  const holdsId = value.content.includes("{id}") || value.idHeader !== undefined;
  const holdsUrl =
    value.content.includes("{url}") || value.urlForm !== undefined || value.bodyHashParameter !== undefined;
  return (
    <>
      <TextInput
        label="Signed text"
        description={`What the sender signs, with {${contentParts.join("} {")}} for parts of the request.`}
        required
        value={value.content}
        onChange={(event) => onChange({ ...value, content: event.currentTarget.value }, "content")}
        error={issues.at(`${path}.content`)}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
      />
      {(holdsId || holdsUrl) && (
        <div className={classes.columns}>
          {holdsId && (
            <TextInput
              label="Header of {id}"
              required
              value={value.idHeader ?? ""}
              onChange={(event) =>
                onChange({ ...value, idHeader: event.currentTarget.value.trim() || undefined }, "idHeader")
              }
              error={issues.at(`${path}.idHeader`)}
            />
          )}
          {holdsUrl && (
            <>
              <Select
                label="How {url} is written"
                data={schemeChoices.urlForms.map((name) => ({ value: name, label: urlFormTitles[name] }))}
                value={value.urlForm ?? "exact"}
                onChange={(next) => next && onChange({ ...value, urlForm: next === "exact" ? undefined : next })}
                allowDeselect={false}
              />
              <TextInput
                label="URL parameter with body's hash"
                placeholder="none"
                value={value.bodyHashParameter ?? ""}
                onChange={(event) =>
                  onChange({ ...value, bodyHashParameter: event.currentTarget.value || undefined }, "bodyHashParameter")
                }
                error={issues.at(`${path}.bodyHashParameter`)}
              />
            </>
          )}
        </div>
      )}
    </>
  );
}
