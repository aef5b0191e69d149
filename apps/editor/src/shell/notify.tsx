import { notifications } from "@mantine/notifications";
import { ApiError } from "@millrace/contract";
import { CircleAlert, CircleCheck } from "lucide-react";

export function notifyDone(message: string): void {
  notifications.show({
    message,
    icon: <CircleCheck size={16} aria-hidden />,
    color: "race",
    withBorder: true,
    autoClose: 3_000,
  });
}

export function notifyProblem(error: Error, title: string): void {
  const [issue] = error instanceof ApiError ? error.issues : [];
  const place = issue ? ` ${issue.path ? `${issue.path}: ` : ""}${issue.message}` : "";
  notifications.show({
    title,
    message: `${error.message}${place}`,
    icon: <CircleAlert size={16} aria-hidden />,
    color: "red.8",
    withBorder: true,
    autoClose: 8_000,
  });
}
