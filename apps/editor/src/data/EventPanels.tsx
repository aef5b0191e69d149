import type { EventView } from "@millrace/contract";
import { bodyNote, bodyValue } from "./body-value.ts";
import classes from "./EventPanels.module.css";
import { JsonPanel } from "./JsonPanel.tsx";
import { NamedValues } from "./NamedValues.tsx";

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
