import type { Request, RequestHandler } from "express";
import { HttpProblem } from "./http-problem.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Requests that change something must come from our own pages, unless an API key vouches for them. Browsers say where a
 * request comes from in Sec-Fetch-Site, older ones in Origin; one that says neither and brings a cookie is refused.
 */
export function refuseCrossSite(publicUrl: string): RequestHandler {
  const publicOrigin = new URL(publicUrl).origin;
  return (request, _response, next) => {
    if (safeMethods.has(request.method) || isBearer(request) || isOwn(request, publicOrigin)) next();
    else
      next(
        new HttpProblem(
          403,
          "cross_site",
          "This request did not come from Millrace's own pages. Use an API key instead.",
        ),
      );
  };
}

export const isBearer = (request: Request): boolean => /^bearer /i.test(request.headers.authorization ?? "");

function isOwn({ headers, protocol }: Request, publicOrigin: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  if (origin !== undefined) return origin === publicOrigin || origin === `${protocol}://${headers.host}`;
  return headers.cookie === undefined;
}
