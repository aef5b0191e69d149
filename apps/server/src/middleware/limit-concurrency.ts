import type { RequestHandler } from "express";
import { HttpProblem } from "./http-problem.ts";

/** Requests beyond so many under way are told at once to come back, instead of waiting for the same sessions of the database. */
export function limitConcurrency(most: number): RequestHandler {
  let underWay = 0;
  return (_request, response, next) => {
    if (underWay >= most)
      throw new HttpProblem(503, "unavailable", `More than ${most} requests are under way. Try again in a moment.`, {
        headers: { "retry-after": "1" },
      });
    underWay++;
    response.once("close", () => {
      underWay--;
    });
    next();
  };
}
