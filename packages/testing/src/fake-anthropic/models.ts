/** The models the fake knows, newest first, as the service lists them. */
export const models = [
  {
    id: "claude-opus-5-5",
    name: "Claude Opus 5.5",
    line: "opus",
    createdAt: "2026-10-20T00:00:00Z",
    takesTemperature: false,
  },
  {
    id: "claude-sonnet-5-5",
    name: "Claude Sonnet 5.5",
    line: "sonnet",
    createdAt: "2026-10-06T00:00:00Z",
    takesTemperature: false,
  },
  {
    id: "claude-haiku-5-5",
    name: "Claude Haiku 5.5",
    line: "haiku",
    createdAt: "2026-09-22T00:00:00Z",
    takesTemperature: false,
  },
  {
    id: "claude-sonnet-4-6",
    name: "Claude Sonnet 4.6",
    line: "sonnet",
    createdAt: "2026-02-17T00:00:00Z",
    takesTemperature: true,
  },
  {
    id: "claude-haiku-4-5",
    name: "Claude Haiku 4.5",
    line: "haiku",
    createdAt: "2025-10-15T00:00:00Z",
    takesTemperature: true,
  },
] as const;

export type FakeModel = (typeof models)[number];

export function findModel(id: unknown): FakeModel | undefined {
  return models.find((model) => model.id === id);
}

export function presentModel(model: FakeModel) {
  return {
    type: "model",
    id: model.id,
    display_name: model.name,
    created_at: model.createdAt,
    lifecycle: "active",
    deprecated_at: null,
    line: model.line,
    capabilities: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
  };
}
