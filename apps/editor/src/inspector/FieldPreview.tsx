import type { Json } from "@millrace/base";
import { CircleAlert, TriangleAlert } from "lucide-react";
import type { Problem } from "../expressions/analyze.ts";
import classes from "./Field.module.css";

type Props = {
  value: { json: Json } | undefined;
  problem: Problem | undefined;
  /** Where the sample comes from, such as "example". */
  source: string;
  onUseNearest: (problem: Problem) => void;
};

const longest = 400;

/** What the field gives for the sample, or what is wrong and what would be right. */
export function FieldPreview({ value, problem, source, onUseNearest }: Props) {
  if (problem) {
    const Icon = problem.severity === "error" ? CircleAlert : TriangleAlert;
    return (
      <p className={classes.preview} data-severity={problem.severity} role="status">
        <Icon size={13} aria-hidden />
        <span>
          {problem.message}
          {problem.nearest && problem.path && (
            <button type="button" className={classes.fix} onClick={() => onUseNearest(problem)}>
              Use {problem.nearest}
            </button>
          )}
        </span>
      </p>
    );
  }
  if (!value) return null;
  return (
    <p className={classes.preview}>
      <span aria-hidden>=</span>
      <span className="visually-hidden">Gives</span>
      <span className={classes.value} dir="auto">
        {printed(value.json)}
      </span>
      <span className={classes.source} title="The value that this preview was computed with">
        {source}
      </span>
    </p>
  );
}

function printed(json: Json): string {
  const text = typeof json === "string" ? json || "(empty text)" : JSON.stringify(json);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
