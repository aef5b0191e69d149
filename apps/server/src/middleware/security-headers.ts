import { randomBytes } from "node:crypto";
import type { RequestHandler } from "express";
import helmet from "helmet";

/**
 * No inline script or style runs without this response's nonce, `response.locals.cspNonce`, which pages put into their
 * tags. Nothing is loaded from elsewhere, and nobody may frame us.
 */
export function securityHeaders({ publicUrl }: { publicUrl: string }): RequestHandler[] {
  const isHttps = publicUrl.startsWith("https://");
  return [
    (_request, response, next) => {
      response.locals.cspNonce = randomBytes(16).toString("base64");
      next();
    },
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'", (_request, response) => nonceOf(response)],
          styleSrc: ["'self'", (_request, response) => nonceOf(response)],
          imgSrc: ["'self'", "data:"],
          fontSrc: ["'self'", "data:"],
          connectSrc: ["'self'"],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
        },
      },
      strictTransportSecurity: isHttps ? { maxAge: 31_536_000 } : false,
      referrerPolicy: { policy: "no-referrer" },
      crossOriginEmbedderPolicy: false,
      xFrameOptions: { action: "deny" },
    }),
  ];
}

function nonceOf(response: object): string {
  if (!("locals" in response)) return "'none'";
  const { locals } = response;
  const nonce = typeof locals === "object" && locals !== null && "cspNonce" in locals ? locals.cspNonce : undefined;
  return typeof nonce === "string" ? `'nonce-${nonce}'` : "'none'";
}
