import { Group, Skeleton, Stack } from "@mantine/core";
import { parseJson } from "@millrace/base";
import type { Delivery } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { deliveryQuery } from "../api/queries.ts";
import { EventPanels } from "../data/EventPanels.tsx";
import { JsonPanel } from "../data/JsonPanel.tsx";
import { NamedValues } from "../data/NamedValues.tsx";
import { Facts } from "../shell/Facts.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { momentText } from "../shell/time-text.ts";
import { ReplayButton } from "./ReplayButton.tsx";
import classes from "./Replays.module.css";

export function DeliveryDetail({ deliveryId }: { deliveryId: string }) {
  const { data: delivery, error, refetch } = useQuery(deliveryQuery(deliveryId));
  if (error) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (!delivery) return <Skeleton height={240} />;
  const answer = parseJson(delivery.answerBody);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <StatusBadge status={delivery.verdict} />
        {delivery.replayProblem === null && delivery.automation.name !== null && <ReplayButton delivery={delivery} />}
      </Group>
      <Facts facts={factsOf(delivery)} />
      <JsonPanel
        label={`Answer sent, ${delivery.answerStatus}`}
        value={answer.ok ? answer.value : delivery.answerBody}
      />
      <NamedValues title="Headers of the answer" values={delivery.answerHeaders} />
      {delivery.isBodyCut && (
        <p>Only the beginning of the body was kept: anybody who knows the URL can send what is refused like this.</p>
      )}
      {delivery.event ? <EventPanels event={delivery.event} /> : <p>The request itself is not kept.</p>}
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
    ["Replays", delivery.replays.length > 0 && <Replays key="replays" replays={delivery.replays} />],
    ["No replay", delivery.replayProblem],
    ["Dedupe key", delivery.dedupeKey && <Code key="key" text={delivery.dedupeKey} />],
    ["Received", momentText(delivery.receivedAt)],
    ["From", delivery.sourceIp && <Code key="ip" text={delivery.sourceIp} />],
  ];
}

const Replays = ({ replays }: Pick<Delivery, "replays">) => (
  <ul className={classes.list}>
    {replays.map(({ id, status }) => (
      <li key={id}>
        <Link to="/runs/$runId" params={{ runId: id }} search={{}} className="mono">
          {id}
        </Link>
        <StatusBadge status={status} bare />
      </li>
    ))}
  </ul>
);

const Code = ({ text }: { text: string }) => <code className="mono">{text}</code>;
