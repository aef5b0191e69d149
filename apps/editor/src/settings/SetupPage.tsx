import { Button, PasswordInput, TextInput } from "@mantine/core";
import { shortestPassword } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "../api/client.ts";
import { setupQuery } from "../api/queries.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./DoorCard.module.css";
import { DoorCard } from "./DoorCard.tsx";

const route = getRouteApi("/setup");

export function SetupPage() {
  const { token } = route.useSearch();
  const { data, error, isPending, refetch } = useQuery(setupQuery);
  if (isPending) return <PageSkeleton />;
  if (error) {
    return (
      <DoorCard title="Set up Millrace" lead="The server could not say whether it is set up.">
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      </DoorCard>
    );
  }
  if (!data.pending) {
    return (
      <DoorCard title="Already set up" lead="This Millrace has an owner. Sign in to go on.">
        <LinkButton to="/login" fullWidth>
          Sign in
        </LinkButton>
      </DoorCard>
    );
  }
  if (!token) return <TokenMissing />;
  return <OwnerForm token={token} />;
}

function TokenMissing() {
  return (
    <DoorCard
      title="One step is left"
      lead="Millrace is running and has no owner yet. Open the setup link that it printed in the terminal when it started."
    >
      <p>
        The link holds a one-time token, so that nobody else can become the owner. It looks like{" "}
        <code className="mono">{window.location.origin}/setup?token=…</code>
      </p>
      <p>
        Lost it? Start Millrace again: it prints the link until there is an owner. Already have an account?{" "}
        <Link to="/login">Sign in</Link>
      </p>
    </DoorCard>
  );
}

function OwnerForm({ token }: { token: string }) {
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const [form, setForm] = useState({ name: "", email: "", password: "", workspaceName: "" });
  const create = useMutation({
    mutationFn: () =>
      api.account.setup({ token, ...form, workspaceName: form.workspaceName || `${form.name}'s workspace` }),
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: "/automations", search: {} });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const bind = (field: keyof typeof form) => ({
    value: form[field],
    onChange: (event: { currentTarget: { value: string } }) => setForm({ ...form, [field]: event.currentTarget.value }),
  });
  return (
    <DoorCard title="Create the owner" lead="This account owns the workspace. It stays on this server.">
      <form onSubmit={submit} className={classes.form}>
        <TextInput label="Your name" autoComplete="name" required autoFocus {...bind("name")} />
        <TextInput label="Email" type="email" autoComplete="username" required {...bind("email")} />
        <PasswordInput
          label="Password"
          description={`At least ${shortestPassword} characters.`}
          autoComplete="new-password"
          minLength={shortestPassword}
          required
          visibilityToggleButtonProps={{ "aria-label": "Show password" }}
          {...bind("password")}
        />
        <TextInput
          label="Workspace name"
          placeholder={form.name ? `${form.name}'s workspace` : "Acme"}
          {...bind("workspaceName")}
        />
        {create.error && <ProblemNotice error={create.error} />}
        <Button type="submit" loading={create.isPending}>
          Create owner
        </Button>
      </form>
    </DoorCard>
  );
}
