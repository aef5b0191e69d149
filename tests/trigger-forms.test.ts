import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, settle, type TestPage } from "./browser.ts";
import { createOwner } from "./every-page.ts";
import { Keyboard } from "./keyboard.ts";
import { type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const secret = "a secret that GitHub knows too";
const home = newHome();
let millrace: MillraceProcess;
let browser: TestPage;

beforeAll(async () => {
  millrace = await startMillrace(home);
  browser = await openPage();
  await createOwner(browser.page, millrace.setupLink ?? "");
});

afterAll(async () => {
  await browser?.close();
  await millrace?.stop();
  removeHome(home);
});

/** An editor with its trigger in the middle pane. */
async function openEditor(): Promise<string> {
  const { id } = await millrace.client.automations.create({ template: "hello-webhook" });
  await browser.page.goto(`${millrace.url}/automations/${id}`);
  await settle(browser.page);
  return id;
}

const draftOf = async (automationId: string) => (await millrace.client.automations.get({ automationId })).definition;
const openFold = (name: RegExp) => browser.page.getByRole("button", { name }).click();

async function chooseProof(text: string, option: string): Promise<void> {
  const { page } = browser;
  const picker = page.getByRole("combobox", { name: "Proof of the sender" });
  await picker.fill(text);
  await page.getByRole("option", { name: option }).click();
}

async function post(url: string, headers: Record<string, string>, body: string) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return answer.status;
}

test("GitHub is chosen, its secret added on the way, and from then on only signed requests start runs", async () => {
  const { page } = browser;
  const automationId = await openEditor();
  await page.getByRole("button", { name: /^Verification.*anyone who has the URL can start runs/ }).waitFor();
  await openFold(/^Verification/);
  await chooseProof("git", "GitHub");
  await page.getByText("The keyvault has no signing secret named github-hooks.").waitFor();

  await page.getByRole("link", { name: "Add github-hooks" }).click();
  await page.waitForURL("**/connections/new/webhook*");
  await page.getByLabel("Secret").and(page.locator("input, textarea")).fill(secret);
  await page.getByRole("button", { name: "Save connection" }).click();
  await page.waitForURL("**/automations/atm_*");
  await page.getByRole("button", { name: /^Verification/ }).waitFor();
  await page.getByText("The keyvault has no signing secret").waitFor({ state: "hidden" });

  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Version 1 is live").waitFor();
  const { webhookUrl } = await millrace.client.automations.get({ automationId });
  const body = JSON.stringify({ name: "Ada" });
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  expect(await post(webhookUrl ?? "", { "x-github-delivery": "d1" }, body)).toBe(401);
  expect(await post(webhookUrl ?? "", { "x-github-delivery": "d1", "x-hub-signature-256": signature }, body)).toBe(202);

  const { items } = await millrace.client.deliveries.list({ automationId });
  expect(items.map(({ verdict }) => verdict).toSorted()).toEqual(["accepted", "rejected"]);
  await page.goto(`${millrace.url}/deliveries?automation=${automationId}`);
  await page.getByText("Rejected").first().waitFor();
  expect(browser.faults).toEqual([]);
});

test("a scheme that is not filled in is not published; undone, the draft is what it was", async () => {
  const { page } = browser;
  const automationId = await openEditor();
  const before = await draftOf(automationId);
  await openFold(/^Verification/);
  await chooseProof("jwt", "JSON Web Token (JWT)");
  await page.getByText("Expected the URL of a key set (JWKS)", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText(/^Before this can be published/).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText(/^saved/).waitFor();
  await page.getByText("Anyone who has the URL can start runs.").waitFor();
  expect(await draftOf(automationId)).toEqual(before);
  expect(browser.faults).toEqual([]);
});

test("requests, order and the automation's settings are set without a pointer, and defaults are not written", async () => {
  const { page } = browser;
  const keys = new Keyboard(page);
  const automationId = await openEditor();
  await keys.tabTo(/^Requests/);
  await keys.press("Enter");
  await keys.tabTo("PATCH");
  await keys.press("Space");
  await keys.tabTo("Largest body");
  await keys.type("10");
  await keys.tabTo("Requests that may come in a period");
  await keys.type("100");
  await keys.tabTo(/^Duplicates, filter and order/);
  await keys.press("Enter");
  await keys.tabTo("Order key");
  await keys.type("{{ trigger.body.name");
  await keys.tabTo("More actions", "Shift+Tab");
  await keys.press("Enter");
  await keys.press("Home");
  await keys.on("Automation settings");
  await keys.press("Enter");
  await keys.on("Automation settings");
  await keys.tabTo("Runs at once");
  await keys.type("3");
  await keys.tabTo("Days");
  await keys.type("14");
  await expect
    .poll(() => draftOf(automationId), { timeout: 20_000 })
    .toMatchObject({
      ...{ concurrency: 3, retention: { days: 14 } },
      trigger: {
        ...{ methods: ["POST", "PUT"], maxBodyBytes: 10 * 1_048_576, rateLimit: { requests: 100, per: "1m" } },
        order: expect.stringMatching(/^\{\{ trigger\.body\.name ?\}\}$/),
      },
    });
  await page.goto(`${millrace.url}/automations/${automationId}`);
  await settle(page);
  await openFold(/^Requests/);
  await page.getByRole("checkbox", { name: "PATCH" }).check();
  await page.getByRole("textbox", { name: "Largest body" }).fill("1");
  await expect.poll(async () => (await draftOf(automationId)).trigger).not.toHaveProperty("methods");
  expect((await draftOf(automationId)).trigger).toHaveProperty("rateLimit");
  await expect.poll(async () => (await draftOf(automationId)).trigger).not.toHaveProperty("maxBodyBytes");
  expect(browser.faults).toEqual([]);
});
