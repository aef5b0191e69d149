import { afterAll, expect, test } from "vitest";
import { type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const home = newHome();
const owner = { email: "ada@example.com", password: "analytical-engine" };
let millrace: MillraceProcess | undefined;

const start = async () => {
  millrace = await startMillrace(home, {
    MILLRACE_OWNER_EMAIL: owner.email,
    MILLRACE_OWNER_PASSWORD: owner.password,
  });
  return millrace;
};

afterAll(async () => {
  await millrace?.stop();
  removeHome(home);
});

const me = ({ url }: MillraceProcess, cookie: string) => fetch(`${url}/api/me`, { headers: { cookie } });

test("who signed in before a restart is signed in after it", async () => {
  const first = await start();
  const answer = await fetch(`${first.url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
    body: JSON.stringify(owner),
  });
  expect(answer.ok).toBe(true);
  const cookie = answer.headers
    .getSetCookie()
    .map((text) => text.split(";", 1)[0])
    .join("; ");
  expect(await (await me(first, cookie)).json()).toMatchObject({ user: { email: owner.email } });
  expect((await me(first, "")).status).toBe(401);
  expect(await first.stop()).toBe(0);

  const second = await start();
  const after = await me(second, cookie);
  expect([after.status, await after.json()]).toMatchObject([200, { user: { email: owner.email } }]);
});
