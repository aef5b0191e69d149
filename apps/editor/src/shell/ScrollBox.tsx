import { createElement, type ReactNode } from "react";

/** An area that scrolls by itself; the keyboard reaches it, so that its arrows scroll. */
export function ScrollBox({
  className,
  label,
  children,
}: {
  className?: string | undefined;
  label: string;
  children: ReactNode;
}) {
  return createElement("div", { className, role: "group", tabIndex: 0, "aria-label": label }, children);
}
