import type { Template } from "@millrace/contract";

export const summarizeWithClaude: Template = {
  id: "summarize-with-claude",
  title: "Summarize with Claude",
  summary: "Sends the text of a request to Claude for a one-line summary, and keeps it.",
  connectors: ["anthropic"],
  sampleBody: {
    text: "The new warehouse in Rotterdam opens on Monday. It halves delivery times to Germany, and forty people work there.",
  },
  definition: {
    millrace: 1,
    name: "Summarize with Claude",
    description: 'Post {"text": "…"} and look for last_summary in the key-value store.',
    trigger: { type: "webhook", verify: { preset: "none" }, respond: "now" },
    steps: [
      {
        id: "summarize",
        action: "anthropic.messageToAi",
        connection: "anthropic",
        input: {
          prompt: "{{ trigger.body.text }}",
          system: "Summarize the input in one sentence.",
          maxTokens: 200,
        },
      },
      { id: "save", action: "keyvalue.set", input: { key: "last_summary", value: "{{ steps.summarize.text }}" } },
    ],
  },
};
