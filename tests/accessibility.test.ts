import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type FakeAnthropic, startFakeAnthropic } from "@millrace/testing";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, type TestPage } from "./browser.ts";
import {
  type ColorScheme,
  createOwner,
  emptyScreens,
  fillWorkspace,
  removeSamples,
  type Screen,
  visit,
} from "./every-page.ts";
import { type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The same elements in other colors: nothing else can differ. */
const runOnly = {
  light: { type: "tag", values: tags },
  dark: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
};
const home = newHome();
let anthropic: FakeAnthropic;
let millrace: MillraceProcess;
let browser: TestPage;

beforeAll(async () => {
  anthropic = await startFakeAnthropic({ apiKeys: [] });
  millrace = await startMillrace(home, { ANTHROPIC_BASE_URL: anthropic.url });
  browser = await openPage();
});

afterAll(async () => {
  await browser?.close();
  await millrace?.stop();
  await anthropic?.close();
  removeHome(home);
});

/** Evaluated by the debugger, which the page's content policy, as strict as ever, does not concern. */
async function violations(page: Page, colorScheme: ColorScheme): Promise<string[]> {
  await page.evaluate(axeSource);
  const options = JSON.stringify({ runOnly: runOnly[colorScheme], resultTypes: ["violations"] });
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`),
  );
}

async function findProblems(page: Page, screens: readonly Screen[]): Promise<string[]> {
  const problems: string[] = [];
  for (const screen of screens) {
    await visit(page, millrace.url, screen, async (label, colorScheme) => {
      problems.push(...(await violations(page, colorScheme)).map((problem) => `${label}: ${problem}`));
    });
  }
  return problems;
}

test("setup and sign-in have no violation of WCAG 2.2 AA", async () => {
  const { page } = browser;
  const token = new URL(millrace.setupLink ?? "").search;
  const problems = await findProblems(page, [
    { name: "setup", path: `/setup${token}` },
    { name: "setup-without-token", path: "/setup" },
  ]);
  await createOwner(page, millrace.setupLink ?? "");
  problems.push(...(await findProblems(page, [{ name: "setup-done", path: "/setup" }])));
  const stranger = await openPage();
  try {
    problems.push(...(await findProblems(stranger.page, [{ name: "login", path: "/login" }])));
  } finally {
    await stranger.close();
  }
  expect(problems).toEqual([]);
});

test("an empty workspace has no violation of WCAG 2.2 AA", async () => {
  await removeSamples(millrace.client);
  expect(await findProblems(browser.page, emptyScreens)).toEqual([]);
});

test("every screen of a workspace in use has no violation of WCAG 2.2 AA", { timeout: 600_000 }, async () => {
  expect(await findProblems(browser.page, await fillWorkspace(millrace))).toEqual([]);
  expect(browser.faults).toEqual([]);
});
