import { setNonce } from "get-nonce";

/** What the page's content policy wants to see on styles that are made while it runs; the server puts it into the page. */
export const cspNonce: string = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

// Dialogs lock the page's scrolling with a style of their own.
setNonce(cspNonce);
