import { Button, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { api } from "../api/client.ts";
import { meQuery } from "../api/queries.ts";
import { notifyProblem } from "../shell/notify.tsx";
import { Page } from "../shell/Page.tsx";
import { ApiKeys } from "./ApiKeys.tsx";
import { ChangePassword } from "./ChangePassword.tsx";
import classes from "./SettingsPage.module.css";
import { SettingsSection } from "./SettingsSection.tsx";

export function SettingsPage() {
  const { data: me } = useQuery(meQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => api.signOut(),
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: "/login", search: {} });
    },
    onError: (error) => notifyProblem(error, "Not signed out"),
  });
  return (
    <Page title="Settings" narrow>
      <SettingsSection title="Account" description="Who is signed in, and in which workspace.">
        <dl className={classes.facts}>
          <dt>Name</dt>
          <dd>{me?.user?.name ?? "an API key"}</dd>
          <dt>Email</dt>
          <dd>{me?.user?.email ?? "none"}</dd>
          <dt>Workspace</dt>
          <dd>{me?.workspace.name}</dd>
          <dt>Role</dt>
          <dd>{me?.role ?? "API key"}</dd>
        </dl>
        <Button
          variant="default"
          leftSection={<LogOut size={14} aria-hidden />}
          onClick={() => signOut.mutate()}
          loading={signOut.isPending}
        >
          Sign out
        </Button>
      </SettingsSection>
      {me?.user && (
        <SettingsSection title="Password" description="Changing it signs out every other session.">
          <ChangePassword />
        </SettingsSection>
      )}
      <SettingsSection title="Theme" description="Kept in this browser.">
        <SegmentedControl
          aria-label="Theme"
          value={colorScheme}
          onChange={(value) => setColorScheme(value === "dark" || value === "light" ? value : "auto")}
          data={[
            { value: "auto", label: "As the system" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </SettingsSection>
      <SettingsSection
        title="API keys"
        description="For the command line, scripts and other programs. A key can do what its scopes say."
      >
        <ApiKeys />
      </SettingsSection>
    </Page>
  );
}
