/** Dialogs and menus hand the focus back by themselves within this time. */
const settleMs = 80;
const longestTrail = 20;
const canHaveFocus = 'a[href], button, input, select, textarea, [tabindex="0"], [contenteditable="true"]';

/** Where an element stands, so that its neighbors are known once it is gone. */
type Place = { element: HTMLElement; ancestors: readonly Element[]; after: readonly HTMLElement[] };

/**
 * The keyboard never loses its place: where what had the focus is removed, hidden or switched off, the focus moves to
 * what is nearest to it, and on a new page to the page. Only after a key: a pointer has a place of its own, and a phone
 * would open its keyboard. Returns how to stop.
 */
export function keepFocus(): () => void {
  let last: Place | undefined;
  let trail: readonly HTMLElement[] = [];
  let timer: number | undefined;
  const stop = new AbortController();
  const options = { capture: true, signal: stop.signal };

  const remember = () => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return;
    last = { element, ancestors: ancestorsOf(element), after: elementsAfter(element) };
    trail = [element, ...trail.filter((other) => other !== element)].slice(0, longestTrail);
  };
  const restore = () => {
    timer = undefined;
    // A button that works on something gets the focus back when it is done.
    if (!last || hasFocus() || (last.element.isConnected && last.element.matches("[data-loading]"))) return;
    nearest(last, trail)?.focus({ preventScroll: true });
  };
  const watching = new MutationObserver(() => {
    // What was just switched off has the focus until the page is drawn.
    if (last && timer === undefined) timer = window.setTimeout(restore, settleMs);
  });
  watching.observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ["disabled", "data-loading", "data-active", "hidden"],
  });
  document.addEventListener("keydown", remember, options);
  document.addEventListener("focusin", () => last && remember(), options);
  document.addEventListener(
    "pointerdown",
    () => {
      last = undefined;
    },
    options,
  );
  return () => {
    stop.abort();
    watching.disconnect();
    window.clearTimeout(timer);
  };
}

const hasFocus = () => document.activeElement !== null && document.activeElement !== document.body;

function ancestorsOf(element: Element): Element[] {
  const found: Element[] = [];
  for (let next = element.parentElement; next; next = next.parentElement) found.push(next);
  return found;
}

function elementsAfter(element: HTMLElement): HTMLElement[] {
  const all = [...document.querySelectorAll<HTMLElement>(canHaveFocus)];
  return all.slice(all.indexOf(element) + 1);
}

function nearest({ element, ancestors, after }: Place, trail: readonly HTMLElement[]): HTMLElement | null {
  if (isUsable(element)) return element;
  const main = document.querySelector<HTMLElement>("main");
  const container = ancestors.find(
    (ancestor) => isShown(ancestor) && (ancestor === main || firstUsable(ancestor) !== undefined),
  );
  // Where nothing inside the page survived, this is another page.
  if (container === main) return main;
  // What stood in a dialog or menu that closed goes back to what had the focus before.
  if (!container?.closest("main, [role='dialog']")) return trail.find(isUsable) ?? main;
  return after.find((other) => container.contains(other) && isUsable(other)) ?? firstUsable(container) ?? main;
}

const firstUsable = (container: Element): HTMLElement | undefined =>
  [...container.querySelectorAll<HTMLElement>(canHaveFocus)].find(isUsable);

const isShown = (element: Element) => element.isConnected && element.checkVisibility({ visibilityProperty: true });
const isUsable = (element: HTMLElement) => isShown(element) && !element.matches(":disabled") && element.tabIndex >= 0;
