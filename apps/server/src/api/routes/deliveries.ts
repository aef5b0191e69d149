import { endpoints } from "@millrace/contract";
import { NotFound } from "@millrace/db";
import { presentDelivery, presentDeliveryDetail } from "../../present/delivery.ts";
import { replayDelivery, replayProblem } from "../replay-delivery.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function deliveryRoutes({ route }: Routes, services: ApiServices): void {
  const { deliveries, automations } = services;
  const findName = async (workspaceId: string, automationId: string): Promise<string | null> => {
    try {
      return (await automations.get(workspaceId, automationId)).name;
    } catch (error) {
      if (error instanceof NotFound) return null;
      throw error;
    }
  };

  route(endpoints.deliveries.list, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const { since, until, ...rest } = input;
    const page = await deliveries.list({
      ...rest,
      workspaceId,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    });
    const ids = [...new Set(page.items.map(({ automationId }) => automationId))];
    const names = new Map(await Promise.all(ids.map(async (id) => [id, await findName(workspaceId, id)] as const)));
    return { ...page, items: page.items.map((item) => presentDelivery(item, names.get(item.automationId) ?? null)) };
  });

  route(endpoints.deliveries.get, async ({ input, caller }) => {
    const delivery = await deliveries.get(caller.workspaceId, input.deliveryId);
    const name = await findName(caller.workspaceId, delivery.automationId);
    return presentDeliveryDetail(delivery, name, replayProblem(delivery));
  });

  route(endpoints.deliveries.replay, async ({ input, caller }) => ({
    runId: await replayDelivery(services, caller.workspaceId, input.deliveryId),
  }));
}
