import type { Request, Response } from "express";
import { rateLimit } from "express-rate-limit";
import { HttpProblem } from "./http-problem.ts";

export type RateLimit = (request: Request, response: Response) => Promise<void>;

type RateLimitOptions = {
  windowMs: number;
  limit: number;
  /** Whose attempts are counted together; the sender's address unless said otherwise. */
  keyOf?: (request: Request) => string;
};

/** Counts attempts that failed, in this process. Throws HttpProblem with Retry-After when there were too many. */
export function createRateLimit({ windowMs, limit, keyOf }: RateLimitOptions): RateLimit {
  const middleware = rateLimit({
    windowMs,
    limit,
    skipSuccessfulRequests: true,
    legacyHeaders: false,
    standardHeaders: "draft-8",
    ...(keyOf ? { keyGenerator: keyOf } : {}),
    handler: (_request, response, next) => {
      const seconds = String(response.getHeader("retry-after") ?? Math.ceil(windowMs / 1_000));
      next(
        new HttpProblem(429, "rate_limited", `Too many attempts. Try again in ${seconds} seconds.`, {
          headers: { "retry-after": seconds },
        }),
      );
    },
  });
  return (request, response) =>
    new Promise((resolve, reject) => {
      Promise.resolve(middleware(request, response, (error) => (error ? reject(error) : resolve()))).catch(reject);
    });
}
