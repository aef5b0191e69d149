import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { until } from "./millrace-process.ts";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export type TestPage = {
  page: Page;
  /** What went wrong in the page: uncaught errors and refused policies. */
  faults: string[];
  close(): Promise<void>;
};

/** A fresh Chromium without anything of its user. */
export async function openPage(viewport = { width: 1440, height: 900 }): Promise<TestPage> {
  const executablePath = candidates.find((path) => existsSync(path));
  if (!executablePath) throw new Error("Chromium is missing: apt-get install chromium");
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const context: BrowserContext = await browser.newContext({ viewport });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  return { page, faults, close: () => browser.close() };
}

const isSettled = `
  document.fonts.status === "loaded" &&
  document.querySelector("h1, h2") !== null &&
  document.querySelector('[role="status"][aria-label="Loading"], .mantine-Skeleton-root') === null &&
  !document.getAnimations().some(({ effect }) => effect.getTiming().iterations === 1)`;

/** Resolves once the page has its data, its fonts and nothing that still moves, but spinners. */
export async function settle(page: Page): Promise<void> {
  await until(
    () => page.evaluate<boolean>(isSettled),
    20_000,
    () => `${page.url()} does not settle.`,
  );
}
