import type { Template } from "@millrace/contract";

export const draftReplies: Template = {
  id: "draft-replies",
  title: "Draft replies to support requests",
  summary: "Looks the customer up in your system, lets Claude draft an answer, and keeps it for review.",
  connectors: ["anthropic"],
  sampleBody: { ticketId: "t-7", customerId: "c-42", question: "When does my order arrive?" },
  definition: {
    millrace: 1,
    name: "Draft replies",
    description:
      'Post {"ticketId": "…", "customerId": "…", "question": "…"}. Drafts wait under reply/ for a person to send them.',
    trigger: { type: "webhook", verify: { preset: "none" }, dedupe: "{{ trigger.body.ticketId }}", respond: "now" },
    steps: [
      {
        id: "customer",
        action: "http.request",
        input: { method: "GET", url: "https://api.example.com/customers/{{ trigger.body.customerId }}" },
      },
      {
        id: "draft",
        action: "anthropic.messageToAi",
        connection: "anthropic",
        input: {
          prompt: "Question: {{ trigger.body.question }}\n\nWhat we know of the customer: {{ steps.customer.body }}",
          system: "Draft a short, friendly answer. Say plainly what you don't know. Promise nothing.",
          maxTokens: 600,
        },
      },
      {
        id: "save",
        action: "keyvalue.set",
        input: { key: "reply/{{ trigger.body.ticketId }}", value: "{{ steps.draft.text }}", expiresIn: "14d" },
      },
    ],
  },
};
