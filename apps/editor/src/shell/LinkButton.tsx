import { Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Props = Omit<ButtonProps, "href"> &
  Pick<AnchorHTMLAttributes<HTMLAnchorElement>, "aria-label" | "title" | "onClick"> & { ref?: Ref<HTMLAnchorElement> };

function ButtonAnchor({ ref, ...props }: Props) {
  return <Button component="a" ref={ref} {...props} />;
}

/** A link that looks like a button: it opens in a new tab as links do. */
export const LinkButton = createLink(ButtonAnchor);
