import type { Template } from "@millrace/contract";

export const keepLatestPerCustomer: Template = {
  id: "keep-latest-per-customer",
  title: "Remember each customer's last event",
  summary: "Keeps the newest event of every customer for 30 days, and counts new customers.",
  connectors: [],
  sampleBody: { customerId: "c-42", page: "/pricing" },
  definition: {
    millrace: 1,
    name: "Last event of each customer",
    description: 'Post {"customerId": "…"} with anything else. Look under customer/ in the key-value store.',
    trigger: { type: "webhook", verify: { preset: "none" }, respond: "now" },
    steps: [
      { id: "known", action: "keyvalue.get", input: { key: "customer/{{ trigger.body.customerId }}" } },
      {
        id: "firstTime",
        branch: [
          {
            when: "!steps.known.found",
            steps: [{ id: "count", action: "keyvalue.increment", input: { key: "customers/new" } }],
          },
          { otherwise: [] },
        ],
      },
      {
        id: "save",
        action: "keyvalue.set",
        input: {
          key: "customer/{{ trigger.body.customerId }}",
          value: { event: "{{ trigger.body }}", at: "{{ trigger.receivedAt }}" },
          expiresIn: "30d",
        },
      },
    ],
  },
};
