import { uniqueKeys } from "../shell/unique-keys.ts";
import classes from "./EventPanels.module.css";

/** Headers or parameters, in the order in which they were sent. */
export function NamedValues({ title, values }: { title: string; values: readonly { name: string; value: string }[] }) {
  if (values.length === 0) return null;
  const keys = uniqueKeys(values.map(({ name }) => name));
  return (
    <section className={classes.named} aria-label={title}>
      <strong>{title}</strong>
      <dl>
        {values.map(({ name, value }, index) => (
          <div key={keys[index]}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
