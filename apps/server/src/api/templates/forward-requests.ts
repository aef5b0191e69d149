import type { Template } from "@millrace/contract";

export const forwardRequests: Template = {
  id: "forward-requests",
  title: "Forward requests to your service",
  summary: "Takes webhooks at once, and passes them on with retries for as long as your service is away.",
  connectors: [],
  sampleBody: { type: "order.created", id: 1001 },
  definition: {
    millrace: 1,
    name: "Forward requests",
    description: "Put your service's address into the step. The sender never waits for it.",
    trigger: { type: "webhook", verify: { preset: "none" }, respond: "now" },
    steps: [
      {
        id: "forward",
        action: "http.request",
        input: {
          method: "POST",
          url: "https://api.example.com/events",
          bodyType: "json",
          body: { receivedAt: "{{ trigger.receivedAt }}", event: "{{ trigger.body }}" },
        },
        retry: { attempts: 10 },
      },
    ],
  },
};
