import type { Page } from "playwright-core";
import { expect } from "vitest";
import { until } from "./millrace-process.ts";

type Focus = { tag: string; name: string; isSeen: boolean };

/** What has the focus, by its accessible name, and whether a person can see that it has. */
const readFocus = `(() => {
  const element = document.activeElement ?? document.body;
  const named = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
  const texts = [...named, ...(element.labels ?? [])].map((label) => label?.textContent ?? "").filter(Boolean);
  const around = [element, element.nextElementSibling];
  for (let next = element.parentElement, level = 0; next && level < 4; next = next.parentElement, level++) around.push(next);
  const isRinged = (candidate) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(candidate);
    return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && !/, 0\\)$/.test(outlineColor);
  };
  const isOnScreen = (candidate) => {
    const box = candidate.getBoundingClientRect();
    const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    return isInside && box.width > 1 && box.height > 1;
  };
  return {
    tag: element.tagName.toLowerCase(),
    name: (element.getAttribute("aria-label") ?? (texts.join(" ") || element.textContent)).trim().slice(0, 80),
    isSeen: around.some((candidate) => candidate && isRinged(candidate) && isOnScreen(candidate)),
  };
})()`;

/** Drives a page with keys and nothing else. After every key, the focus must be somewhere and be seen. */
export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async press(key: string): Promise<Focus> {
    await this.#page.keyboard.press(key);
    return this.focus(`after ${key}`);
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
    await this.focus("after typing");
  }

  /** The focus, once it is back from whatever the last key has caused. */
  async focus(when: string): Promise<Focus> {
    let focus = await this.#read();
    const isSeen = () => focus.tag !== "body" && focus.isSeen;
    await until(
      async () => {
        focus = await this.#read();
        return isSeen();
      },
      5_000,
      () => `The focus is not seen ${when}: ${JSON.stringify(focus)} on ${this.#page.url()}`,
    );
    return focus;
  }

  /** Waits until something with this name has the focus. */
  async on(name: string | RegExp): Promise<void> {
    let focus = await this.#read();
    await until(
      async () => {
        focus = await this.#read();
        return isNamed(focus, name);
      },
      10_000,
      () => `The focus should be on ${name}, but is on ${JSON.stringify(focus)}`,
    );
    await this.focus(`on ${name}`);
  }

  /** Presses Tab (or Shift+Tab) until something with this name has the focus. */
  async tabTo(name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < 80; presses++) {
      const focus = await this.press(key);
      if (isNamed(focus, name)) return;
      passed.push(focus.name);
    }
    expect.fail(`${key} does not reach ${name}; it passes ${passed.join(" | ")}`);
  }

  #read(): Promise<Focus> {
    return this.#page.evaluate<Focus>(readFocus);
  }
}

const isNamed = ({ name }: Focus, wanted: string | RegExp): boolean =>
  typeof wanted === "string" ? name === wanted : wanted.test(name);
