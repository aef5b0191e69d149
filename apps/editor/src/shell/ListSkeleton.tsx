import { Skeleton } from "@mantine/core";
import classes from "./ListCard.module.css";
import { uniqueKeys } from "./unique-keys.ts";

export function ListSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div className={classes.card} role="status" aria-label="Loading">
      {uniqueKeys(Array.from({ length: rows }, () => "row")).map((key, row) => (
        <div key={key} className={classes.loading}>
          <Skeleton height={12} width={`${28 + ((row * 17) % 24)}%`} />
          <Skeleton height={12} width={72} />
        </div>
      ))}
    </div>
  );
}
