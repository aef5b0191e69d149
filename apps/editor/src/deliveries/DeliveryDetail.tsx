import { Skeleton, Stack } from "@mantine/core";
import { parseJson } from "@millrace/base";
import type { Delivery } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { deliveryQuery } from "../api/queries.ts";
import { EventPanels } from "../data/EventPanels.tsx";
import { JsonPanel } from "../data/JsonPanel.tsx";
import { Facts } from "../shell/Facts.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { momentText } from "../shell/time-text.ts";

export function DeliveryDetail({ deliveryId }: { deliveryId: string }) {
  const { data: delivery, error, refetch } = useQuery(deliveryQuery(deliveryId));
  if (error) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (!delivery) return <Skeleton height={240} />;
  const answer = parseJson(delivery.answerBody);
  return (
    <Stack gap="md">
      <div>
        <StatusBadge status={delivery.verdict} />
      </div>
      <Facts facts={factsOf(delivery)} />
      <JsonPanel
        label={`Answer sent, ${delivery.answerStatus}`}
        value={answer.ok ? answer.value : delivery.answerBody}
      />
      {delivery.event ? <EventPanels event={delivery.event} /> : <p>The request's data is no longer kept.</p>}
    </Stack>
  );
}

function factsOf(delivery: Delivery): [name: string, value: ReactNode][] {
  const { automation, runId } = delivery;
  return [
    ["Id", <Code key="id" text={delivery.id} />],
    [
      "Automation",
      automation.name === null ? (
        "deleted"
      ) : (
        <Link key="automation" to="/automations/$automationId" params={{ automationId: automation.id }} search={{}}>
          {automation.name}
        </Link>
      ),
    ],
    [
      delivery.verdict === "duplicate" ? "First run" : "Run",
      runId && (
        <Link key="run" to="/runs/$runId" params={{ runId }} search={{}} className="mono">
          {runId}
        </Link>
      ),
    ],
    ["Why", delivery.reason],
    ["Dedupe key", delivery.dedupeKey && <Code key="key" text={delivery.dedupeKey} />],
    ["Received", momentText(delivery.receivedAt)],
    ["From", delivery.sourceIp && <Code key="ip" text={delivery.sourceIp} />],
  ];
}

const Code = ({ text }: { text: string }) => <code className="mono">{text}</code>;
