import type { Request, Response } from "express";
import { Router } from "express";

export type Readiness = {
  /** False while shutting down, so that a load balancer looks elsewhere first. */
  isOpen(): boolean;
  /** Each rejects or resolves within its own deadline. */
  checks: Readonly<Record<string, () => Promise<void>>>;
};

/** `/livez`: the process runs. `/readyz`: it can do its work; answers 503 with what is missing, never with ids. */
export function healthRoutes({ isOpen, checks }: Readiness): Router {
  const router = Router();
  router.get("/livez", (_request: Request, response: Response) => {
    response.type("text/plain").send("ok\n");
  });
  router.get("/readyz", async (_request: Request, response: Response) => {
    const names = Object.keys(checks);
    const outcomes = await Promise.allSettled(names.map((name) => checks[name]?.()));
    const failing = names.filter((_name, index) => outcomes[index]?.status === "rejected");
    const ready = isOpen() && failing.length === 0;
    response.status(ready ? 200 : 503).json({ ready, draining: !isOpen(), failing });
  });
  return router;
}
