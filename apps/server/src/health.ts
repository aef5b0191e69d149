import type { Request, Response } from "express";
import { Router } from "express";

export type Readiness = {
  /** False while shutting down, so that a load balancer looks elsewhere first. */
  isOpen(): boolean;
  /** Each rejects, or takes longer than 2 s, where its part can't do its work. */
  checks: Readonly<Record<string, () => Promise<void>>>;
  limitMs?: number;
};

/** `/livez`: the process runs. `/readyz`: it can do its work; answers 503 with what is missing, never with ids. */
export function healthRoutes({ isOpen, checks, limitMs = 2_000 }: Readiness): Router {
  const router = Router();
  router.get("/livez", (_request: Request, response: Response) => {
    response.type("text/plain").send("ok\n");
  });
  router.get("/readyz", async (_request: Request, response: Response) => {
    const names = Object.keys(checks);
    const passed = await Promise.all(names.map((name) => passes(checks[name], limitMs)));
    const failing = names.filter((_name, index) => !passed[index]);
    const ready = isOpen() && failing.length === 0;
    response.status(ready ? 200 : 503).json({ ready, draining: !isOpen(), failing });
  });
  return router;
}

function passes(check: (() => Promise<void>) | undefined, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs);
    Promise.resolve()
      .then(check)
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}
