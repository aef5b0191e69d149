import { expect, test } from "vitest";
import { connectionOfStep, fixFor } from "./failure-fix.ts";

test.each([
  ["credential_rejected", "reconnect", "connection"],
  ["connection_missing", "reconnect", "connection"],
  ["quota_exhausted", "stop", "connection"],
  ["mapping_failed", "stop", "step"],
  ["model_not_found", "stop", "step"],
  ["rate_limited", "retry", "retry"],
  ["outcome_unknown", "review", "retry"],
] as const)("mends %s with the %s's button", (code, nextStep, fix) => {
  expect(fixFor({ code, nextStep })).toBe(fix);
});

test("finds the connection a step used, inside branches too", () => {
  const steps = [
    {
      id: "b",
      branch: [
        { when: "true", steps: [{ id: "ask", action: "anthropic.messageToAi", connection: "main", input: {} }] },
      ],
    },
  ];
  const definition = { millrace: 1 as const, name: "x", trigger: { type: "webhook" as const }, steps };
  expect(connectionOfStep(definition, "ask")).toEqual({ connector: "anthropic", name: "main" });
  expect(connectionOfStep(definition, "b")).toBeUndefined();
  expect(connectionOfStep(undefined, "ask")).toBeUndefined();
});
