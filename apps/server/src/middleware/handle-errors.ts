import { randomUUID } from "node:crypto";
import { problemContentType } from "@millrace/contract";
import type { EngineLog } from "@millrace/engine";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { presentProblem } from "../present/problem.ts";
import { HttpProblem } from "./http-problem.ts";

/** The one place that turns errors into answers. */
export function handleErrors(log: EngineLog): ErrorRequestHandler {
  return (error, request, response, next) => {
    const instance = `urn:uuid:${randomUUID()}`;
    const { problem, headers } = presentProblem(error, instance);
    // Refusals are meant, and may be many.
    if (problem.status >= 500 && !(error instanceof HttpProblem)) {
      log.error({ err: error, instance, method: request.method, path: request.path }, "a request failed");
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(problem.status).set(headers).type(problemContentType).send(JSON.stringify(problem));
  };
}

export const refuseUnknownPaths: RequestHandler = (request) => {
  throw new HttpProblem(
    404,
    "not_found",
    `There is no ${request.method} ${request.baseUrl}${request.path}. See /api/docs.`,
  );
};
