import { Skeleton } from "@mantine/core";
import classes from "./ListCard.module.css";

export function ListSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div className={classes.card} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={classes.loading}>
          <Skeleton height={12} width={`${28 + ((row * 17) % 24)}%`} />
          <Skeleton height={12} width={72} />
        </div>
      ))}
    </div>
  );
}
