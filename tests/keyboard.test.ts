import { type FakeAnthropic, startFakeAnthropic } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, settle, type TestPage } from "./browser.ts";
import { owner } from "./every-page.ts";
import { Keyboard } from "./keyboard.ts";
import { type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const goodKey = "sk-ant-test-good-0123456789abcdef";
const home = newHome();
let anthropic: FakeAnthropic;
let millrace: MillraceProcess;
let browser: TestPage;
let keys: Keyboard;

beforeAll(async () => {
  anthropic = await startFakeAnthropic({ apiKeys: [goodKey] });
  millrace = await startMillrace(home, { ANTHROPIC_BASE_URL: anthropic.url });
  const token = new URL(millrace.setupLink ?? "").searchParams.get("token") ?? "";
  await millrace.client.account.setup({ token, ...owner, workspaceName: "Mill" });
  browser = await openPage();
  keys = new Keyboard(browser.page);
});

afterAll(async () => {
  await browser?.close();
  await millrace?.stop();
  await anthropic?.close();
  removeHome(home);
});

async function open(path: string): Promise<void> {
  await browser.page.goto(`${millrace.url}${path}`);
  await settle(browser.page);
}

async function arrive(at: string): Promise<void> {
  await browser.page.waitForURL(at);
  await settle(browser.page);
}

test("the walkthrough needs no pointer: sign in, take a template, connect, publish, copy the URL, open the run", async () => {
  const { page } = browser;
  await open("/login");
  await keys.on(/^Email/);
  await keys.type(owner.email);
  await keys.tabTo(/^Password/);
  await keys.type(owner.password);
  await keys.press("Enter");
  await arrive("**/automations");
  await keys.tabTo("New automation");
  await keys.press("Enter");
  await arrive("**/automations/new");
  await keys.tabTo("Use template Summarize with Claude");
  await keys.press("Enter");
  await arrive("**/automations/atm_*");

  await keys.tabTo(/^Trigger: Webhook/);
  await keys.press("ArrowDown");
  await keys.on(/^Message to AI/);
  await keys.press("Enter");
  await keys.on("Message to AI");
  await keys.tabTo("Add connection");
  await keys.press("Enter");

  await arrive("**/connections/new/anthropic*");
  await keys.tabTo(/^API key/);
  await keys.type(goodKey);
  await keys.tabTo("Test connection");
  await keys.press("Enter");
  await page.getByText("It works.").waitFor();
  await keys.on("Test connection");
  await keys.tabTo("Save connection", "Shift+Tab");
  await keys.press("Enter");

  await arrive("**/automations/atm_*");
  await keys.tabTo("Publish");
  await keys.press("Enter");
  await page.getByText("Version 1 is live").waitFor();
  await keys.focus("after publishing");

  await keys.tabTo(/^Message to AI/);
  await keys.press("ArrowUp");
  await keys.on(/^Trigger: Webhook/);
  await keys.press("Enter");
  await keys.on("Webhook");
  await keys.tabTo("Copy webhook URL");
  await keys.press("Space");
  const webhook = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(webhook).toMatch(/\/hooks\/\w+$/);

  const body = JSON.stringify({ text: "One sentence. And another." });
  await fetch(webhook, { method: "POST", headers: { "content-type": "application/json" }, body });
  await keys.tabTo("Runs", "Shift+Tab");
  await keys.press("Enter");
  await arrive("**/runs");
  await page.getByText("Succeeded").first().waitFor();
  await keys.tabTo(/^Run of Summarize with Claude/);
  await keys.press("Enter");
  await arrive("**/runs/run_*");
  await page.getByText("Set a value").first().waitFor();
  await keys.focus("on the run's page");
  expect(browser.faults).toEqual([]);
});

test("a dialog or menu that closes gives the focus back to what opened it", async () => {
  const { page } = browser;
  const automation = await millrace.client.automations.create({ template: "hello-webhook" });
  await millrace.client.keyvalue.put({ key: "greeting", value: "Hello" });

  await open(`/automations/${automation.id}`);
  await keys.tabTo(/^Trigger: Webhook/);
  await keys.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await keys.press("Escape");
  await keys.on(/^Trigger: Webhook/);

  await keys.press("a");
  await keys.on("Search actions");
  await keys.press("Escape");
  await keys.on(/^Trigger: Webhook/);

  await keys.tabTo("More actions", "Shift+Tab");
  await keys.press("Enter");
  await keys.on("Automation settings");
  await keys.press("End");
  await keys.on("Delete automation");
  await keys.press("Enter");
  await page.getByRole("dialog", { name: /^Delete/ }).waitFor();
  await keys.press("Escape");
  await keys.on("More actions");

  await keys.tabTo("Versions", "Shift+Tab");
  await keys.press("Enter");
  await page.getByText("Nothing is published yet.").waitFor();
  await keys.press("Escape");
  await keys.on("Versions");

  await open("/keyvalue");
  await keys.tabTo("greeting");
  await keys.press("Enter");
  await page.getByRole("dialog", { name: "Value" }).waitFor();
  await page.getByRole("button", { name: "Save value" }).waitFor();
  await keys.press("Escape");
  await keys.on("greeting");
  expect(browser.faults).toEqual([]);
});

test("what is removed or switched off hands the focus to its neighbor", async () => {
  const automation = await millrace.client.automations.create({ template: "hello-webhook" });
  await open(`/automations/${automation.id}?step=greeting`);
  await keys.tabTo(/^Set variables/);
  await keys.press("Enter");
  await keys.tabTo("Remove text");
  await keys.press("Enter");
  await keys.on("Add variable");
  await keys.press("Enter");
  await keys.tabTo("Undo", "Shift+Tab");
  await keys.press("Enter");
  await keys.press("Enter");
  await keys.on("Redo");
  await keys.tabTo("Step actions");
  await keys.press("Enter");
  await keys.on("Move up");
  await keys.press("End");
  await keys.press("Enter");
  await keys.on("Webhook");
  expect(browser.faults).toEqual([]);
});

test("steps can be added everywhere, an empty arm of a branch included", async () => {
  const definition = {
    millrace: 1,
    name: "Two ways",
    trigger: { type: "webhook" },
    steps: [{ id: "choice", branch: [{ when: "true", steps: [] }, { otherwise: [] }] }],
  };
  const automation = await millrace.client.automations.create({ definition });
  await open(`/automations/${automation.id}`);
  await keys.tabTo("Add a step here");
  await keys.press("Enter");
  await keys.on("Search actions");
  await keys.tabTo(/^Add Filter/);
  await keys.press("Enter");
  await keys.on("Filter");
  await expect
    .poll(async () => (await millrace.client.automations.get({ automationId: automation.id })).definition.steps)
    .toMatchObject([{ branch: [{ steps: [{ filter: "true" }] }, { otherwise: [] }] }]);
});

test("on a phone's width the flow can be walked, and opening a step shows its form", async () => {
  const { page } = browser;
  const automation = await millrace.client.automations.create({ template: "hello-webhook" });
  await page.setViewportSize({ width: 390, height: 844 });
  await open(`/automations/${automation.id}`);
  await keys.tabTo(/^Trigger: Webhook/);
  await keys.press("ArrowDown");
  await keys.on(/^Set variables/);
  await keys.press("Enter");
  await keys.on("Set variables");

  await open("/automations");
  await keys.tabTo("Open navigation");
  await keys.press("Enter");
  await keys.tabTo("Settings");
  await keys.press("Enter");
  await arrive("**/settings");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await keys.on("Open navigation");
  expect(browser.faults).toEqual([]);
});
