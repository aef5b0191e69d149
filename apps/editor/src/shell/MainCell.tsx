import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./MainCell.module.css";

type Props = { icon?: ReactNode; link: ReactNode; detail?: ReactNode };

/** The first cell of a row: what it is, and a quieter line below. */
export function MainCell({ icon, link, detail }: Props) {
  return (
    <Table.Td className={classes.cell}>
      <div className={classes.row}>
        {icon}
        <div className={classes.lines}>
          <div className={classes.name}>{link}</div>
          {detail && <div className={classes.detail}>{detail}</div>}
        </div>
      </div>
    </Table.Td>
  );
}
