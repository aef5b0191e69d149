import { type Plan, planAutomation } from "@millrace/automation";
import type { ClaimedRun, Versions } from "./ports.ts";

const plansKept = 500;

/** Versions never change, so their compiled plans are kept, the least recently used given up first. */
export function createPlanCache(versions: Versions): {
  get(run: Pick<ClaimedRun, "workspaceId" | "versionId">): Promise<Plan>;
} {
  const plans = new Map<string, Promise<Plan>>();
  return {
    get({ workspaceId, versionId }) {
      const key = `${workspaceId}/${versionId}`;
      const known = plans.get(key);
      if (known) {
        plans.delete(key);
        plans.set(key, known);
        return known;
      }
      const plan = versions.getDefinition(workspaceId, versionId).then(({ definition }) => planAutomation(definition));
      plan.catch(() => plans.delete(key));
      plans.set(key, plan);
      const [oldest] = plans.keys();
      if (plans.size > plansKept && oldest !== undefined) plans.delete(oldest);
      return plan;
    },
  };
}
