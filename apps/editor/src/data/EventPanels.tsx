import type { EventView } from "@millrace/contract";
import { uniqueKeys } from "../shell/unique-keys.ts";
import { bodyNote, bodyValue } from "./body-value.ts";
import classes from "./EventPanels.module.css";
import { JsonPanel } from "./JsonPanel.tsx";

const bodyBase = ["trigger", "body"];

/** A request as it came in: body, headers and query. */
export function EventPanels({ event }: { event: EventView }) {
  const note = bodyNote(event.body);
  return (
    <div className={classes.panels}>
      {note && <p className={classes.note}>{note}</p>}
      {event.body.kind !== "empty" && event.body.kind !== "tooLarge" && (
        <JsonPanel label="Body" value={bodyValue(event.body)} base={bodyBase} />
      )}
      <NamedValues title="Headers" values={event.headers} />
      {event.query.length > 0 && <NamedValues title="Query" values={event.query} />}
    </div>
  );
}

function NamedValues({ title, values }: { title: string; values: readonly { name: string; value: string }[] }) {
  if (values.length === 0) return null;
  const keys = uniqueKeys(values.map(({ name }) => name));
  return (
    <section className={classes.named} aria-label={title}>
      <strong>{title}</strong>
      <dl>
        {values.map(({ name, value }, index) => (
          <div key={keys[index]}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
