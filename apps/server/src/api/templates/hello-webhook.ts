import type { Template } from "@millrace/contract";

export const helloWebhook: Template = {
  id: "hello-webhook",
  title: "Hello, webhook",
  summary: "Greets whoever the request names, and keeps the last greeting. Needs no account anywhere.",
  connectors: [],
  sampleBody: { name: "Ada" },
  definition: {
    millrace: 1,
    name: "Hello, webhook",
    description: 'Post {"name": "Ada"} and look for last_greeting in the key-value store.',
    trigger: { type: "webhook", verify: { preset: "none" }, respond: "now" },
    steps: [
      { id: "greeting", set: { text: "Hello, {{ trigger.body.name }}!" } },
      { id: "save", action: "keyvalue.set", input: { key: "last_greeting", value: "{{ steps.greeting.text }}" } },
    ],
  },
};
