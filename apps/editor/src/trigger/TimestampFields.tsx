import { Select, Switch, TextInput } from "@mantine/core";
import { schemeChoices } from "@millrace/automation";
import type { Signature, SignatureProps } from "./SignatureForm.tsx";
import { withTimestamp, withTimestampIn } from "./scheme-drafts.ts";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import { timestampFormatTitles } from "./verification-text.ts";

/** The signed time, without which a recorded request could be sent again. */
export function TimestampFields<Scheme extends Signature>({ value, onChange }: SignatureProps<Scheme>) {
  const issues = useTriggerIssues();
  const { timestamp } = value;
  return (
    <>
      <Switch
        label="The time is signed"
        description="Old requests are then refused, even if somebody recorded them."
        checked={timestamp !== undefined}
        onChange={(event) => onChange(withTimestamp(value, event.currentTarget.checked))}
        error={timestamp === undefined ? issues.at("trigger.verify.timestamp") : undefined}
      />
      {timestamp && (
        <div className={classes.group}>
          <div className={classes.columns}>
            {value.layout === "pairs" && (
              <Select
                label="Where the time is"
                data={[
                  { value: "header", label: "In a header of its own" },
                  { value: "pair", label: "In one of the pairs" },
                ]}
                value={timestamp.pair === undefined ? "header" : "pair"}
                onChange={(next) => next && onChange(withTimestampIn(value, next === "pair" ? "pair" : "header"))}
                allowDeselect={false}
              />
            )}
            <TimePlace value={value} onChange={onChange} timestamp={timestamp} />
            <Select
              label="Format of the time"
              data={schemeChoices.timestampFormats.map((name) => ({ value: name, label: timestampFormatTitles[name] }))}
              value={timestamp.format}
              onChange={(format) => format && onChange({ ...value, timestamp: { ...timestamp, format } })}
              allowDeselect={false}
            />
          </div>
        </div>
      )}
    </>
  );
}

type PlaceProps<Scheme extends Signature> = SignatureProps<Scheme> & {
  timestamp: NonNullable<Signature["timestamp"]>;
};

function TimePlace<Scheme extends Signature>({ value, onChange, timestamp }: PlaceProps<Scheme>) {
  const issues = useTriggerIssues();
  const place = timestamp.pair === undefined ? "header" : "pair";
  return (
    <TextInput
      label={place === "pair" ? "Name of the time's pair" : "Header of the time"}
      required
      value={timestamp[place] ?? ""}
      onChange={(event) =>
        onChange({ ...value, timestamp: { ...timestamp, [place]: event.currentTarget.value.trim() } }, "timestamp")
      }
      error={issues.at("trigger.verify.timestamp")}
    />
  );
}
