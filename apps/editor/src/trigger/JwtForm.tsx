import { ActionIcon, Button, MultiSelect, TextInput } from "@mantine/core";
import { schemeChoices } from "@millrace/automation";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import fieldClasses from "../inspector/Field.module.css";
import { FieldShell } from "../inspector/FieldShell.tsx";
import { usePairs } from "../inspector/use-pairs.ts";
import { type Claims, claimsOf } from "./claims.ts";
import type { OwnScheme } from "./scheme-drafts.ts";
import { useTriggerIssues } from "./trigger-issues.ts";

type Jwt = OwnScheme<"jwt">;
type Props = { value: Jwt; onChange: (value: Jwt, field?: string) => void };

const path = "trigger.verify";

/** Who issues the tokens, for whom, and where the keys are that confirm them. */
export function JwtForm({ value, onChange }: Props) {
  const issues = useTriggerIssues();
  const text = (field: "jwksUrl" | "issuer" | "audience") => ({
    value: value[field],
    onChange: (event: { currentTarget: HTMLInputElement }) =>
      onChange({ ...value, [field]: event.currentTarget.value.trim() }, field),
    error: issues.at(`${path}.${field}`),
    required: true,
  });
  return (
    <>
      <TextInput
        label="Key set (JWKS)"
        description="The URL where the issuer publishes its keys."
        placeholder="https://issuer.example.com/.well-known/jwks.json"
        {...text("jwksUrl")}
      />
      <TextInput
        label="Issuer"
        description="The token's iss must be this."
        placeholder="https://issuer.example.com"
        {...text("issuer")}
      />
      <TextInput label="Audience" description="The token's aud must hold this." {...text("audience")} />
      <MultiSelect
        label="Algorithms"
        description="Tokens signed otherwise are refused."
        required
        data={[...schemeChoices.jwtAlgorithms]}
        value={value.algorithms}
        onChange={(algorithms) => onChange({ ...value, algorithms })}
        error={issues.at(`${path}.algorithms`)}
        styles={{ wrapper: { maxWidth: 420 } }}
      />
      <TextInput
        label="Header"
        description="Where the token is. Empty: in Authorization, after Bearer."
        placeholder="Authorization"
        value={value.header ?? ""}
        onChange={(event) => onChange({ ...value, header: event.currentTarget.value.trim() || undefined }, "header")}
        error={issues.at(`${path}.header`)}
        styles={{ wrapper: { maxWidth: 360 } }}
      />
      <ClaimsField
        value={value.claims}
        onChange={(claims) => onChange({ ...value, claims }, "claims")}
        error={issues.at(`${path}.claims`)}
      />
    </>
  );
}

type ClaimsProps = {
  value: Claims | undefined;
  onChange: (value: Claims | undefined) => void;
  error: string | undefined;
};

function ClaimsField({ value, onChange, error }: ClaimsProps) {
  const id = useId();
  const { pairs, setPair, addPair, removePair } = usePairs(value ?? {}, (rows) => onChange(claimsOf(rows, value)));
  return (
    <FieldShell
      id={id}
      title="Further claims"
      description="Claims and the values they must have. true and false stand for themselves."
      error={error}
    >
      {pairs.map((pair, index) => (
        <div key={pair.key} className={fieldClasses.pair}>
          <TextInput
            aria-label={`Claim ${index + 1}, name`}
            placeholder="name"
            value={pair.name}
            onChange={(event) => setPair(pair.key, { name: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Claim ${index + 1}, value`}
            placeholder="value"
            value={pair.value}
            onChange={(event) => setPair(pair.key, { value: event.currentTarget.value })}
          />
          <ActionIcon
            size={36}
            aria-label={`Remove ${pair.name || `claim ${index + 1}`}`}
            onClick={() => removePair(pair.key)}
          >
            <X size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        mt={pairs.length > 0 ? 8 : 0}
        ml={-8}
        leftSection={<Plus size={14} aria-hidden />}
        onClick={addPair}
      >
        Add claim
      </Button>
    </FieldShell>
  );
}
