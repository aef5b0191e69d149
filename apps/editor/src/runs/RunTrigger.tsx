import type { Run } from "@millrace/contract";
import { Link } from "@tanstack/react-router";
import { EventPanels } from "../data/EventPanels.tsx";
import { Facts } from "../shell/Facts.tsx";
import { momentText } from "../shell/time-text.ts";
import classes from "./RunTrigger.module.css";

/** What started the run. */
export function RunTrigger({ run }: { run: Run }) {
  return (
    <div className={classes.root}>
      <h2 className={classes.title}>Trigger data</h2>
      <Facts
        facts={[
          ["Received", run.trigger && momentText(run.trigger.receivedAt)],
          ["Method", run.trigger?.method],
          [
            "Delivery",
            run.deliveryId && (
              <Link key="delivery" to="/deliveries" search={{ delivery: run.deliveryId }}>
                Request and answer
              </Link>
            ),
          ],
        ]}
      />
      {run.trigger ? <EventPanels event={run.trigger} /> : <p>The trigger's data is no longer kept.</p>}
    </div>
  );
}
