import { Autocomplete, Checkbox, NumberInput } from "@mantine/core";
import { type WebhookTrigger, webhookDefaults, webhookLimits, webhookMethods } from "@millrace/automation";
import { useId, useState } from "react";
import { FieldShell } from "../inspector/FieldShell.tsx";
import { Fold } from "../inspector/Fold.tsx";
import { BodySizeField } from "./BodySizeField.tsx";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import { bodyLimitOf, methodsOf, requestsNote } from "./trigger-requests.ts";

type Requests = Pick<WebhookTrigger, "methods" | "maxBodyBytes" | "rateLimit">;
type Props = { trigger: WebhookTrigger; onChange: (change: Requests, tag?: string) => void };

export const requestPaths = ["trigger.methods", "trigger.maxBodyBytes", "trigger.rateLimit"] as const;
const [methodsPath, bodyPath, ratePath] = requestPaths;

/** What a request may look like, and how many may come. */
export function RequestsFold({ trigger, onChange }: Props) {
  const issues = useTriggerIssues();
  return (
    <Fold title="Requests" note={requestsNote(trigger)} problems={issues.count(requestPaths)}>
      <Checkbox.Group
        label="Methods"
        description="Requests with other methods are answered 405."
        value={[...(trigger.methods ?? webhookDefaults.methods)]}
        onChange={(chosen) => onChange({ methods: methodsOf(chosen) })}
        error={issues.at(methodsPath)}
      >
        <div className={classes.methods}>
          {webhookMethods.map((method) => (
            <Checkbox key={method} value={method} label={method} />
          ))}
        </div>
      </Checkbox.Group>
      <BodySizeField
        value={trigger.maxBodyBytes ?? webhookDefaults.maxBodyBytes}
        onChange={(bytes) => onChange({ maxBodyBytes: bodyLimitOf(bytes) }, bodyPath)}
        error={issues.at(bodyPath)}
      />
      <RateLimitFields value={trigger.rateLimit} onChange={(rateLimit) => onChange({ rateLimit }, ratePath)} />
    </Fold>
  );
}

type RateLimit = WebhookTrigger["rateLimit"];

function RateLimitFields({ value, onChange }: { value: RateLimit; onChange: (value: RateLimit) => void }) {
  const id = useId();
  const issues = useTriggerIssues();
  const error = issues.at(ratePath);
  const [typedPer, setTypedPer] = useState("1m");
  const per = value?.per ?? typedPer;
  return (
    <FieldShell
      id={id}
      title="Rate limit"
      description="Requests beyond it are answered 429. Each ingress process counts on its own."
      error={error}
    >
      <fieldset className={classes.line} aria-labelledby={`${id}-label`} aria-describedby={`${id}-about`}>
        <NumberInput
          className={classes.amount}
          aria-label="Requests that may come in a period"
          placeholder="No limit"
          value={value?.requests ?? ""}
          onChange={(next) => onChange(typeof next === "number" ? { requests: next, per } : undefined)}
          min={1}
          max={webhookLimits.requestsPerPeriod}
          allowDecimal={false}
          error={issues.at(`${ratePath}.requests`) !== undefined}
        />
        <span className={classes.between}>per</span>
        <Autocomplete
          className={classes.unit}
          aria-label="Period of the rate limit, such as 1s, 1m or 1h"
          data={["1s", "10s", "1m", "1h", "1d"]}
          filter={({ options }) => options}
          value={per}
          onChange={(next) => {
            setTypedPer(next);
            if (value) onChange({ ...value, per: next.trim() });
          }}
          error={issues.at(`${ratePath}.per`) !== undefined}
        />
      </fieldset>
    </FieldShell>
  );
}
