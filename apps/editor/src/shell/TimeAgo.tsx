import { Tooltip } from "@mantine/core";
import { ago, momentText } from "./time-text.ts";
import { useNow } from "./use-now.ts";

/** A relative time that keeps itself up to date; hovering shows the moment. */
export function TimeAgo({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <Tooltip label={momentText(at)}>
      <time dateTime={at} className="numbers" style={{ whiteSpace: "nowrap" }}>
        {ago(at, nowMs)}
      </time>
    </Tooltip>
  );
}
