/** What the page's content policy wants to see on styles that are made while it runs; the server puts it into the page. */
export const cspNonce: string = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
