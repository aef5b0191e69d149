import { Button, Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ListCard.module.css";

export type Column = {
  title: string /** Left out on narrow screens. */;
  isExtra?: boolean;
  align?: "right";
  width?: number | string;
};

type Props = {
  label: string;
  columns: readonly Column[];
  children: ReactNode;
  /** Absent: everything is shown. */
  onMore?: (() => void) | undefined;
  isLoadingMore?: boolean;
};

/** A table in a card; its rows are `ListRow`s. */
export function ListCard({ label, columns, children, onMore, isLoadingMore = false }: Props) {
  return (
    <div className={classes.card}>
      <Table className={classes.table} aria-label={label} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, isExtra, align, width }) => (
              <Table.Th key={title} data-extra={isExtra || undefined} ta={align} w={width}>
                {title.startsWith("~") ? <span className="visually-hidden">{title.slice(1)}</span> : title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
      {onMore && (
        <div className={classes.more}>
          <Button variant="subtle" color="gray" size="xs" onClick={onMore} loading={isLoadingMore}>
            Load more
          </Button>
        </div>
      )}
    </div>
  );
}
