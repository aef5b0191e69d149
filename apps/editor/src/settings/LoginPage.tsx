import { Button, PasswordInput, TextInput } from "@mantine/core";
import { ApiError } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Navigate, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "../api/client.ts";
import { setupQuery } from "../api/queries.ts";
import { localPath } from "../search-params.ts";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./DoorCard.module.css";
import { DoorCard } from "./DoorCard.tsx";

const route = getRouteApi("/login");

export function LoginPage() {
  const { return: back } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const setup = useQuery(setupQuery);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => api.signIn({ email, password }),
    onSuccess: async () => {
      queries.clear();
      router.history.push(localPath(back) ?? "/automations");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  if (setup.data?.pending) return <Navigate to="/setup" search={{}} />;
  const isRefused = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <DoorCard title="Sign in" lead={back ? "Sign in to go on to where you were." : "Welcome back."}>
      <form onSubmit={submit} className={classes.form}>
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": "Show password" }}
        />
        {signIn.error && (
          <ProblemNotice error={signIn.error} {...(isRefused ? { title: "Email or password is wrong" } : {})} />
        )}
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </DoorCard>
  );
}
