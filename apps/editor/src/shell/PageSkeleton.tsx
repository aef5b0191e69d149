import { Skeleton, Stack } from "@mantine/core";
import classes from "./PageError.module.css";

export function PageSkeleton() {
  return (
    <div className={classes.root} role="status" aria-label="Loading">
      <Stack gap="md">
        <Skeleton height={28} width={200} />
        <Skeleton height={120} />
        <Skeleton height={120} />
      </Stack>
    </div>
  );
}
