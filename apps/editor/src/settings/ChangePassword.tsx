import { Button, PasswordInput } from "@mantine/core";
import { shortestPassword } from "@millrace/contract";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { notifyDone } from "../shell/notify.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./SettingsPage.module.css";

export function ChangePassword() {
  const [currentPassword, setCurrent] = useState("");
  const [newPassword, setNew] = useState("");
  const change = useMutation({
    mutationFn: () => api.account.changePassword({ currentPassword, newPassword }),
    onSuccess: () => {
      setCurrent("");
      setNew("");
      notifyDone("Password changed; other sessions are signed out");
    },
  });
  return (
    <form
      className={classes.passwordForm}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        required
        value={currentPassword}
        onChange={(event) => setCurrent(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show current password" }}
      />
      <PasswordInput
        label="New password"
        description={`At least ${shortestPassword} characters.`}
        autoComplete="new-password"
        required
        minLength={shortestPassword}
        value={newPassword}
        onChange={(event) => setNew(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": "Show new password" }}
      />
      {change.error && <ProblemNotice error={change.error} />}
      <div>
        <Button
          type="submit"
          variant="default"
          loading={change.isPending}
          disabled={newPassword.length < shortestPassword}
        >
          Change password
        </Button>
      </div>
    </form>
  );
}
