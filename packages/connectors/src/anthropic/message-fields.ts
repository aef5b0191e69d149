import type { OptionsContext, PickerOption } from "@millrace/connector-kit";
import { z } from "zod";
import type { AnthropicClient } from "./client.ts";

/** Fields that several actions share, so that they look the same everywhere. */
export const promptField = z
  .string()
  .min(1, "write something to send")
  .meta({ title: "Prompt", description: "What to send. Data from earlier steps goes in here.", control: "long-text" });

export const systemField = z.string().optional().meta({
  title: "System prompt",
  description: "The task and its rules, the same for every run.",
  control: "long-text",
});

export const modelField = (defaultModel: string) =>
  z
    .string()
    .optional()
    .meta({
      title: "Model",
      description: `${defaultModel} when left empty.`,
      control: "picker",
      placeholder: defaultModel,
    });

export async function modelOptions({
  client,
  search,
  signal,
  timeoutMs,
}: OptionsContext<AnthropicClient>): Promise<PickerOption[]> {
  const models = await client.listModels(200, { signal, timeoutMs });
  const wanted = search.toLowerCase();
  return models
    .filter(({ id, name }) => id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted))
    .map(({ id, name }) => ({ value: id, label: name, description: id }));
}
