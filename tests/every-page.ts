import type { Page } from "playwright-core";
import { expect } from "vitest";
import { settle } from "./browser.ts";
import { type MillraceProcess, until } from "./millrace-process.ts";

/** A screen as a person may meet it: where it is, and what was opened on it. */
export type Screen = { name: string; path: string; open?: (page: Page) => Promise<void> };

type Client = MillraceProcess["client"];

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

export type ColorScheme = "light" | "dark";

/**
 * Shows a screen wide and narrow, light and dark; where a narrow one shows one pane at a time, each of them. A screen is
 * loaded once for each size: the second color scheme comes over what is there, as it does when evening falls.
 */
export async function visit(
  page: Page,
  url: string,
  { name, path, open }: Screen,
  look: (label: string, colorScheme: ColorScheme) => Promise<void>,
): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(`${url}${path}`);
    await settle(page);
    expect(new URL(page.url()).pathname).toBe(new URL(path, url).pathname);
    await open?.(page);
    const panes = page.getByRole("radiogroup", { name: "Pane" });
    const titles = (await panes.isVisible()) && !open ? await panes.locator("label").allTextContents() : [""];
    for (const title of titles) {
      if (title) await panes.getByText(title, { exact: true }).click();
      for (const colorScheme of ["light", "dark"] as const) {
        await color(page, colorScheme);
        await look([name, title, String(size.width), colorScheme].filter(Boolean).join("-"), colorScheme);
      }
    }
  }
}

async function color(page: Page, colorScheme: ColorScheme): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const isColored = `document.documentElement.dataset.mantineColorScheme === "${colorScheme}"`;
  await until(
    () => page.evaluate<boolean>(isColored),
    5_000,
    () => `${page.url()} does not turn ${colorScheme}.`,
  );
  await settle(page);
}

export const owner = { name: "Ada", email: "ada@example.com", password: "correct horse battery staple" };

export async function createOwner(page: Page, setupLink: string): Promise<void> {
  await page.goto(setupLink);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password").and(page.locator("input")).fill(owner.password);
  await page.getByRole("button", { name: "Create owner" }).click();
  await page.getByRole("heading", { name: "Automations" }).waitFor();
}

/** Removes what the first start made: every list is empty afterwards. */
export async function removeSamples(client: Client): Promise<void> {
  for (const { id } of (await client.automations.list()).items) await client.automations.delete({ automationId: id });
}

export const emptyScreens: readonly Screen[] = [
  { name: "automations-empty", path: "/automations" },
  { name: "runs-empty", path: "/runs" },
  { name: "deliveries-empty", path: "/deliveries" },
  { name: "connections-empty", path: "/connections" },
  { name: "keyvalue-empty", path: "/keyvalue" },
];

const brokenDefinition = {
  millrace: 1,
  name: "A name that is much longer than what fits into the bar of a phone",
  trigger: { type: "webhook" },
  steps: [
    { id: "ask", action: "anthropic.messageToAi", connection: "gone", input: { prompt: "{{ trigger.body.txt" } },
    { id: "nowhere", action: "slack.postMessage", input: {} },
  ],
};

/** A trigger that sets all it can, with one secret that is missing. */
const signedDefinition = {
  millrace: 1,
  name: "Signed by a partner",
  concurrency: 3,
  retention: { days: 14 },
  trigger: {
    type: "webhook",
    verify: {
      ...{ scheme: "hmac", algorithm: "sha256", encoding: "hex", header: "X-Signature", layout: "pairs", key: "v1" },
      ...{ content: "{timestamp}.{id}.{url}.{body}", idHeader: "X-Id", timestamp: { pair: "t", format: "seconds" } },
      ...{ secret: ["partner-2026", "partner-gone"], allowFrom: ["192.0.2.0/24"] },
    },
    methods: ["POST", "GET"],
    rateLimit: { requests: 100, per: "1m" },
    order: "{{ trigger.body.customer }}",
  },
  steps: [],
};

/** Two runs that succeeded, one that failed for its key, a draft with branches, connections and stored values. */
export async function fillWorkspace({ client, url }: MillraceProcess): Promise<readonly Screen[]> {
  const hello = await client.automations.create({ template: "hello-webhook" });
  await client.automations.publish({ automationId: hello.id, expectedRevision: hello.draftRevision });
  await fire(client, hello.id, { name: "Ada" });
  const succeeded = await fire(client, hello.id, {
    name: "مرحبا",
    tags: ["first", "second"],
    nested: { deep: [1, 2] },
  });
  const connection = await client.connections.create({
    connector: "anthropic",
    name: "anthropic",
    fields: { apiKey: "sk-ant-test-wrong-0123456789abcde" },
  });
  const summarize = await client.automations.create({ template: "summarize-with-claude" });
  await client.automations.publish({ automationId: summarize.id, expectedRevision: summarize.draftRevision });
  const failed = await fire(client, summarize.id, { text: "One sentence. And another." });
  const branches = await client.automations.create({ template: "sort-messages-by-urgency" });
  const broken = await client.automations.create({ definition: brokenDefinition });
  await client.connections.create({ connector: "webhook", name: "partner-2026", fields: { secret: "shared" } });
  const signed = await client.automations.create({ definition: signedDefinition });
  await client.keyvalue.put({ key: "orders/latest", value: { id: 4711, paid: true }, expiresIn: "7d" });
  await client.keyvalue.put({ key: `orders/${"a-very-long-key-".repeat(8)}`, value: "x".repeat(400) });
  await client.apiKeys.create({ name: "Deploy script", scopes: ["automations:read", "automations:write"] });
  await fetch(`${url}/hooks/not-a-token`, { method: "POST" });
  const statuses = async () => (await client.runs.list()).items.map(({ status }) => status);
  await until(async () => (await statuses()).every((status) => status === "succeeded" || status === "failed"), 60_000);
  return fullScreens({
    hello: hello.id,
    summarize: summarize.id,
    branches: branches.id,
    broken: broken.id,
    signed: signed.id,
    succeeded,
    failed,
    connection: connection.id,
  });
}

async function fire(client: Client, automationId: string, body: object): Promise<string> {
  const { webhookUrl } = await client.automations.get({ automationId });
  if (!webhookUrl) throw new Error(`The automation ${automationId} has no webhook URL.`);
  const answer = await fetch(webhookUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return ((await answer.json()) as { runId: string }).runId;
}

type Ids = Record<
  "hello" | "summarize" | "branches" | "broken" | "signed" | "succeeded" | "failed" | "connection",
  string
>;

const press = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole("button", { name }).first().click();
};

async function showStep(page: Page): Promise<void> {
  const panes = page.getByRole("radiogroup", { name: "Pane" });
  if (await panes.isVisible()) await panes.getByText("Step", { exact: true }).click();
}

/** Every fold of the trigger; the one with a problem is open by itself. */
async function openAll(page: Page): Promise<void> {
  await showStep(page);
  for (const name of [/^Verification/, /^Requests/, /^Duplicates/]) {
    const fold = page.getByRole("button", { name });
    if ((await fold.getAttribute("aria-expanded")) === "false") await fold.click();
  }
}

async function openProofs(page: Page): Promise<void> {
  await openAll(page);
  await page.getByRole("combobox", { name: "Proof of the sender" }).click();
  await page.getByRole("option", { name: "GitHub" }).waitFor();
}

function fullScreens(ids: Ids): readonly Screen[] {
  const step = `/automations/${ids.summarize}?step=summarize`;
  return [
    { name: "automations", path: "/automations" },
    { name: "automations-nothing-found", path: "/automations?search=nothing" },
    { name: "automation-new", path: "/automations/new" },
    { name: "automation-paste", path: "/automations/new", open: press("Paste YAML or JSON") },
    { name: "editor-trigger", path: `/automations/${ids.hello}` },
    { name: "editor-step", path: step },
    { name: "editor-step-settings", path: step, open: press(/^Settings/) },
    { name: "editor-set", path: `/automations/${ids.hello}?step=greeting` },
    { name: "editor-branches", path: `/automations/${ids.branches}` },
    { name: "editor-verification-none", path: `/automations/${ids.hello}`, open: openAll },
    { name: "editor-verification-own", path: `/automations/${ids.signed}`, open: openAll },
    { name: "editor-proofs", path: `/automations/${ids.hello}`, open: openProofs },
    { name: "editor-settings", path: `/automations/${ids.hello}?pane=settings`, open: showStep },
    { name: "editor-palette", path: `/automations/${ids.branches}`, open: press(/^Add step/) },
    { name: "editor-problem", path: `/automations/${ids.broken}?step=ask` },
    { name: "editor-publish-refused", path: `/automations/${ids.broken}?step=ask`, open: press("Publish") },
    { name: "editor-keys", path: step, open: (page) => page.keyboard.press("?") },
    { name: "editor-versions", path: step, open: press("Versions") },
    { name: "editor-menu", path: step, open: press("More actions") },
    { name: "runs", path: "/runs" },
    { name: "runs-nothing-found", path: "/runs?status=canceled" },
    { name: "runs-of-automation", path: `/automations/${ids.hello}/runs` },
    { name: "run-succeeded", path: `/runs/${ids.succeeded}` },
    { name: "run-failed", path: `/runs/${ids.failed}` },
    { name: "deliveries", path: "/deliveries" },
    {
      name: "delivery",
      path: "/deliveries",
      open: async (page) => {
        await page.getByRole("button", { name: /^POST/ }).first().click();
        await page.getByText("Answer sent").waitFor();
      },
    },
    { name: "connections", path: "/connections" },
    { name: "connection", path: `/connections/${ids.connection}` },
    { name: "connection-delete", path: `/connections/${ids.connection}`, open: press("Delete connection") },
    { name: "connection-new", path: "/connections/new/anthropic" },
    { name: "keyvalue", path: "/keyvalue" },
    { name: "keyvalue-entry", path: "/keyvalue?key=last_greeting" },
    { name: "connectors", path: "/connectors" },
    { name: "connector", path: "/connectors/anthropic" },
    { name: "settings", path: "/settings" },
    { name: "settings-new-key", path: "/settings", open: press("Create API key") },
    {
      name: "navigation",
      path: "/runs",
      open: async (page) => {
        const button = page.getByRole("button", { name: "Open navigation" });
        if (await button.isVisible()) await button.click();
      },
    },
    { name: "not-found", path: "/nothing/here" },
  ];
}
