import { newId } from "@millrace/base";
import { createClient } from "@millrace/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cookiesOf, openTestApi, password, postJson, problemIn, type TestApi } from "../api/open-test-api.fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const ada = { email: "ada@example.com", password };
const signIn = (credentials: object = ada, headers = {}) =>
  api.request("/auth/sign-in/email", postJson(credentials, headers));
const me = (cookie: string) => api.request("/me", { headers: { cookie } });

describe("the setup", () => {
  // The first start makes the workspace, before anybody is there to own it.
  const workspaceId = newId("workspace");
  const owner = { name: "Ada", ...ada, workspaceName: "Analytical" };

  test("creates the owner of the first workspace once, with the token of the link, and signs in", async () => {
    await api.pool.query("INSERT INTO workspaces (id, name) VALUES ($1, 'My workspace')", [workspaceId]);
    const token = await api.setupRepository.issueToken();
    const client = createClient({ baseUrl: api.url });
    expect(await client.account.setupStatus()).toEqual({ pending: true });
    const refused = await api.request("/setup", postJson({ ...owner, token: "wrong" }));
    expect([refused.status, (await problemIn(refused)).code]).toEqual([403, "setup_token_rejected"]);
    const weak = await api.request("/setup", postJson({ ...owner, token, password: "short" }));
    expect([weak.status, (await problemIn(weak)).issues?.[0]?.path]).toEqual([400, "password"]);

    const done = await api.request("/setup", postJson({ ...owner, token }));
    expect(done.status).toBe(204);
    const answer = await (await me(cookiesOf(done))).json();
    expect(answer).toMatchObject({
      user: { name: "Ada", email: ada.email },
      role: "owner",
      workspace: { name: "Analytical" },
    });
    expect(await client.account.setupStatus()).toEqual({ pending: false });
    const again = await api.request("/setup", postJson({ ...owner, email: "eve@example.com", token }));
    expect([again.status, (await problemIn(again)).code]).toEqual([409, "setup_done"]);
  });
});

describe("a session", () => {
  test("begins with the right password, in a cookie that no script reads and no other site sends", async () => {
    const response = await signIn();
    expect([response.status, await response.text()]).toEqual([204, ""]);
    const [cookie] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^millrace\.session_token=/);
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    expect((await me(cookiesOf(response))).status).toBe(200);
  });

  test("does not begin with a wrong one, and whether the user exists is not told", async () => {
    const wrong = await signIn({ ...ada, password: "analytical engine" });
    const unknown = await signIn({ ...ada, email: "eve@example.com" });
    const [first, second] = [await problemIn(wrong), await problemIn(unknown)];
    expect([wrong.status, first.code]).toEqual([401, "sign_in_rejected"]);
    expect(second).toEqual(first);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  test("ends with signing out", async () => {
    const cookie = cookiesOf(await signIn());
    const out = await api.request("/auth/sign-out", {
      method: "POST",
      headers: { cookie, "sec-fetch-site": "same-origin" },
    });
    expect(out.status).toBe(204);
    expect((await me(cookie)).status).toBe(401);
  });

  test("ends after seven days, however much it was used", async () => {
    await api.pool.query("DELETE FROM sessions");
    const cookie = cookiesOf(await signIn());
    await api.pool.query("UPDATE sessions SET created_at = now() - interval '7 days 1 minute'");
    expect((await me(cookie)).status).toBe(401);
    expect((await api.pool.query("SELECT 1 FROM sessions")).rowCount).toBe(0);
  });

  test("ends after twelve idle hours, and lives on while it is used", async () => {
    await api.pool.query("DELETE FROM sessions");
    const cookie = cookiesOf(await signIn());
    const [row] = (await api.pool.query("SELECT extract(epoch FROM expires_at - now()) / 3600 AS hours FROM sessions"))
      .rows;
    expect(Number(row.hours)).toBeCloseTo(12, 1);
    await api.pool.query("UPDATE sessions SET expires_at = now() + interval '1 hour'");
    expect((await me(cookie)).status).toBe(200);
    const [used] = (await api.pool.query("SELECT extract(epoch FROM expires_at - now()) / 3600 AS hours FROM sessions"))
      .rows;
    expect(Number(used.hours)).toBeCloseTo(12, 1);
    await api.pool.query("UPDATE sessions SET expires_at = now() - interval '1 second'");
    expect((await me(cookie)).status).toBe(401);
  });

  test("is not to be had by changing the cookie", async () => {
    await api.pool.query("DELETE FROM sessions");
    const cookie = cookiesOf(await signIn());
    const [row] = (await api.pool.query("SELECT token FROM sessions")).rows;
    // Who reads the database finds tokens, but no signature to go with them.
    expect((await me(`millrace.session_token=${row.token}`)).status).toBe(401);
    expect((await me(cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A")))).status).toBe(401);
  });

  test("every other one ends when the password changes", async () => {
    await api.openWorkspace("lovelace");
    const lovelace = { email: "lovelace@example.com", password };
    const [here, there] = [cookiesOf(await signIn(lovelace)), cookiesOf(await signIn(lovelace))];
    const change = (currentPassword: string) =>
      api.request(
        "/auth/change-password",
        postJson({ currentPassword, newPassword: "a much longer one" }, { cookie: here }),
      );
    expect([(await change("not the password")).status, (await me(there)).status]).toEqual([400, 200]);
    const changed = await change(password);
    expect(changed.status).toBe(204);
    expect([(await me(cookiesOf(changed))).status, (await me(there)).status]).toEqual([200, 401]);
    expect((await signIn(lovelace)).status).toBe(401);
    expect((await signIn({ ...lovelace, password: "a much longer one" })).status).toBe(204);
  });

  test("passwords can't be tried at will", async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      expect((await signIn({ email: "target@example.com", password: `wrong password ${attempt}` })).status).toBe(401);
    }
    const limited = await signIn({ email: "Target@example.com", password });
    expect([limited.status, (await problemIn(limited)).code]).toEqual([429, "rate_limited"]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await signIn({ ...ada, email: "other@example.com" })).status).toBe(401);
  });
});

describe("a request that changes something", () => {
  let cookie: string;
  beforeAll(async () => {
    await api.openWorkspace("grace");
    cookie = cookiesOf(await signIn({ email: "grace@example.com", password }));
  });
  const put = (headers: Record<string, string>, body = '{"value":1}') =>
    api.request("/keyvalue/k", {
      method: "PUT",
      headers: { cookie, "content-type": "application/json", ...headers },
      body,
    });

  test("is taken from our own pages only", async () => {
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site", origin: api.url },
      {},
    ];
    for (const headers of foreign) {
      const response = await put(headers);
      expect([response.status, (await problemIn(response)).code], JSON.stringify(headers)).toEqual([403, "cross_site"]);
    }
    const own: Record<string, string>[] = [{ "sec-fetch-site": "same-origin" }, { origin: api.url }];
    for (const headers of own) {
      expect((await put(headers)).status, JSON.stringify(headers)).toBe(200);
    }
  });

  test("is no form and no plain text", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const response = await put({ "sec-fetch-site": "same-origin", "content-type": type });
      expect([response.status, (await problemIn(response)).code], type).toEqual([415, "unsupported_media_type"]);
    }
  });

  test("needs no origin where an API key vouches for it, and a wrong key is not made good by a cookie", async () => {
    const { key } = await api.openWorkspace("machines");
    expect((await put({ authorization: `Bearer ${key}`, "sec-fetch-site": "cross-site", cookie: "" })).status).toBe(
      200,
    );
    const wrong = await put({ authorization: "Bearer mlr_wrong", "sec-fetch-site": "same-origin" });
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await api.request("/me", { headers: { authorization: "Basic YTpi", cookie } })).status).toBe(401);
  });
});
