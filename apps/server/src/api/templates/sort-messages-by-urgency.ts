import type { Template } from "@millrace/contract";

export const sortMessagesByUrgency: Template = {
  id: "sort-messages-by-urgency",
  title: "Sort messages by urgency",
  summary: "Claude reads each message; urgent ones go to your on-call webhook, the others are counted.",
  connectors: ["anthropic"],
  sampleBody: { from: "Ada", message: "The checkout has been failing for ten minutes. Please look at it now." },
  definition: {
    millrace: 1,
    name: "Sort messages by urgency",
    description: 'Post {"message": "…", "from": "…"}. Put the address of your chat or pager into the alert step.',
    trigger: { type: "webhook", verify: { preset: "none" }, respond: "now" },
    steps: [
      {
        id: "classify",
        action: "anthropic.messageToAi",
        connection: "anthropic",
        input: {
          prompt: "{{ trigger.body.message }}",
          system: "Is this message urgent? Answer with one word: urgent or normal.",
          maxTokens: 10,
        },
      },
      {
        id: "route",
        branch: [
          {
            when: 'steps.classify.text.contains("urgent")',
            steps: [
              {
                id: "alert",
                action: "http.request",
                input: {
                  method: "POST",
                  url: "https://chat.example.com/hooks/on-call",
                  bodyType: "json",
                  body: { text: "Urgent, from {{ trigger.body.from }}: {{ trigger.body.message }}" },
                },
              },
            ],
          },
          { otherwise: [{ id: "count", action: "keyvalue.increment", input: { key: "messages/normal" } }] },
        ],
      },
    ],
  },
};
