import { type FakeAnthropic, startFakeAnthropic } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, type TestPage } from "./browser.ts";
import { type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const goodKey = "sk-ant-test-good-0123456789abcdef";
const text =
  "APIANT is an integration platform you drive through Claude Code. You describe what you want; the platform builds, tests, and ships it.";

const home = newHome();
let anthropic: FakeAnthropic;
let millrace: MillraceProcess;
let browser: TestPage;

beforeAll(async () => {
  anthropic = await startFakeAnthropic({ apiKeys: [goodKey] });
  millrace = await startMillrace(home, { ANTHROPIC_BASE_URL: anthropic.url });
  browser = await openPage();
});

afterAll(async () => {
  await browser?.close();
  await millrace?.stop();
  await anthropic?.close();
  removeHome(home);
});

async function fire(url: string, body: object): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { runId: string }).runId;
}

/** A field by its label; a password's label names its eye too. */
const field = (label: string) => browser.page.getByLabel(label).and(browser.page.locator("input"));

async function saveConnection(key: string): Promise<void> {
  const { page } = browser;
  await field("API key").fill(key);
  await page.getByRole("button", { name: "Save connection" }).click();
}

let webhook = "";

test("the walkthrough: set up, take a template, connect, publish, fire, watch it turn green, read the value", async () => {
  const { page } = browser;
  await page.goto(millrace.setupLink ?? "");
  await field("Your name").fill("Ada");
  await field("Email").fill("ada@example.com");
  await field("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Create owner" }).click();
  await page.getByRole("heading", { name: "Automations" }).waitFor();

  await page.getByRole("link", { name: "New automation" }).click();
  const card = page.getByRole("listitem").filter({ hasText: "Summarize with Claude" });
  await card.getByRole("button", { name: "Use template" }).click();
  await page
    .getByRole("button", { name: /Message to AI/ })
    .first()
    .click();
  await page.getByRole("link", { name: "Add connection" }).click();

  await field("API key").fill(goodKey);
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByText("It works.").waitFor();
  await page.getByRole("button", { name: "Save connection" }).click();

  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Version 1 is live").waitFor();

  await page.getByText("When a request arrives").first().click();
  await page.getByRole("button", { name: "Copy webhook URL" }).click();
  webhook = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(webhook).toMatch(/\/hooks\/\w+$/);

  // The list is open before the webhook fires: it turns green without a reload.
  await page.getByRole("link", { name: "Runs" }).first().click();
  const runId = await fire(webhook, { text });
  await page.getByText("Succeeded").first().waitFor();
  await page.goto(`${millrace.url}/runs/${runId}`);
  await page.getByText("APIANT is an integration platform", { exact: false }).first().waitFor();

  await page.goto(`${millrace.url}/keyvalue`);
  await page.getByText("last_summary").first().waitFor();
  const { value } = await millrace.client.keyvalue.get({ key: "last_summary" });
  expect(value).toMatch(/^APIANT is an integration platform/);
  expect(browser.faults).toEqual([]);
});

test("a wrong key is named in the run, with cause and advice; once fixed, the run goes on from the failed step", async () => {
  const { page } = browser;
  const [connection] = (await millrace.client.connections.list()).items;
  await page.goto(`${millrace.url}/connections/${connection?.id}`);
  await saveConnection("sk-ant-test-wrong-0123456789abcde");
  await page.getByText("Connection saved").waitFor();

  const runId = await fire(webhook, { text: "Second text. With more." });
  await page.goto(`${millrace.url}/runs/${runId}`);
  await page.getByText("Failed").first().waitFor();
  await page.getByRole("button", { name: "Retry from failed step" }).first().waitFor();
  await page.getByText(/key/i).first().waitFor();
  const failed = await millrace.client.runs.get({ runId });
  expect(failed).toMatchObject({ status: "failed", failedPath: "summarize", failure: { code: "credential_rejected" } });

  await page.goto(`${millrace.url}/connections/${connection?.id}`);
  expect((await millrace.client.connections.list()).items[0]?.health).toBe("failing");
  await saveConnection(goodKey);
  await page.getByText("Connection saved").waitFor();
  await page.goto(`${millrace.url}/runs/${runId}`);
  await page.getByRole("button", { name: "Retry from failed step" }).first().click();
  await page.waitForURL((url) => url.pathname.startsWith("/runs/run_") && !url.pathname.endsWith(runId));
  await page.getByText("Succeeded").first().waitFor();
  const { value } = await millrace.client.keyvalue.get({ key: "last_summary" });
  expect(value).toMatch(/^Second text/);
  expect((await millrace.client.runs.get({ runId })).status).toBe("failed");
  expect(browser.faults).toEqual([]);
});

test("the key is nowhere but in the vault: not in any answer, log or row", async () => {
  const answers = await Promise.all(
    ["connections", "runs", "automations", "deliveries", "keyvalue"].map(async (resource) => {
      const answer = await fetch(`${millrace.url}/api/${resource}`, {
        headers: { authorization: `Bearer ${millrace.apiKey}` },
      });
      return answer.text();
    }),
  );
  for (const answer of [...answers, millrace.output()]) expect(answer).not.toContain(goodKey.slice(0, 20));
});
