import { endpoints, eventStreamType, type LiveEventView } from "@millrace/contract";
import type { LiveEvent } from "@millrace/engine";
import type { Request, Response } from "express";
import type { Routes } from "../api/route.ts";
import type { ApiServices } from "../api/services.ts";
import { type Authenticate, allow, type Caller } from "../middleware/authenticate.ts";
import { HttpProblem } from "../middleware/http-problem.ts";

export type LiveLimits = { streamsPerWorkspace: number; heartbeatMs: number; bufferedBytes: number };

type Watched = { request: Request; response: Response };

const defaults: LiveLimits = { streamsPerWorkspace: 100, heartbeatMs: 15_000, bufferedBytes: 1_048_576 };

type StreamServices = Pick<ApiServices, "live" | "runs" | "log">;

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. Nothing is replayed. */
export function liveRoutes(
  { rawRoute }: Routes,
  services: StreamServices,
  authenticate: Authenticate,
  limits: LiveLimits = defaults,
): void {
  const open = new Map<string, number>();

  const stream = (call: Watched & { caller: Caller }, runId?: string): void => {
    const { workspaceId } = call.caller;
    const count = open.get(workspaceId) ?? 0;
    if (count >= limits.streamsPerWorkspace) {
      throw new HttpProblem(429, "rate_limited", "Too many pages of this workspace are watching. Close some of them.", {
        headers: { "retry-after": "30" },
      });
    }
    open.set(workspaceId, count + 1);
    const { response } = call;
    beginStream(response);
    const unsubscribe = services.live.subscribe({ workspaceId, ...(runId === undefined ? {} : { runId }) }, (event) => {
      if (event.workspaceId === workspaceId) write(response, `data: ${JSON.stringify(present(event))}\n\n`, limits);
    });
    const heartbeat = setInterval(() => {
      write(response, ": still here\n\n", limits);
      // A session that is over, or a key that was revoked, watches no longer.
      void endUnlessAllowed(authenticate, call, workspaceId);
    }, limits.heartbeatMs);
    response.once("close", () => {
      clearInterval(heartbeat);
      unsubscribe();
      const left = (open.get(workspaceId) ?? 1) - 1;
      if (left > 0) open.set(workspaceId, left);
      else open.delete(workspaceId);
    });
  };

  rawRoute(endpoints.events.workspace, async (call) => stream(call));
  rawRoute(endpoints.events.run, async (call) => {
    await services.runs.get(call.caller.workspaceId, call.input.runId);
    stream(call, call.input.runId);
  });
}

function beginStream(response: Response): void {
  response.status(200).set({
    "content-type": eventStreamType,
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  response.write("retry: 2000\n\n");
}

/** A reader that does not keep up is let go: it connects again and reads the present state. */
function write(response: Response, text: string, { bufferedBytes }: LiveLimits): void {
  if (response.writableEnded) return;
  if (response.writableLength > bufferedBytes) response.destroy();
  else response.write(text);
}

async function endUnlessAllowed(
  authenticate: Authenticate,
  { request, response }: Watched,
  workspaceId: string,
): Promise<void> {
  try {
    const caller = allow(await authenticate(request, response), "runs:read");
    if (caller.workspaceId !== workspaceId) response.end();
  } catch (error) {
    // The database may be away for a while: that is no reason to let readers go.
    if (error instanceof HttpProblem) response.end();
  }
}

function present({ type, automationId, runId, status, path, at }: LiveEvent): LiveEventView {
  return { type, automationId, runId, status, ...(path === undefined ? {} : { path }), at };
}
