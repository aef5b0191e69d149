import type { Template } from "@millrace/contract";

export const alertOnLargeOrders: Template = {
  id: "alert-on-large-orders",
  title: "Tell someone about large orders",
  summary: "Only orders above a limit go on: they are counted, and posted to a chat.",
  connectors: [],
  sampleBody: { id: "order-1001", customer: "Ada", total: 1250 },
  definition: {
    millrace: 1,
    name: "Large orders",
    description: 'Post {"id": "…", "customer": "…", "total": 1250}. Each order counts once, however often it is sent.',
    trigger: { type: "webhook", verify: { preset: "none" }, dedupe: "{{ trigger.body.id }}", respond: "now" },
    steps: [
      { id: "large", filter: "trigger.body.total >= 1000" },
      { id: "count", action: "keyvalue.increment", input: { key: "orders/large" } },
      {
        id: "tell",
        action: "http.request",
        input: {
          method: "POST",
          url: "https://chat.example.com/hooks/sales",
          bodyType: "json",
          body: {
            text: "{{ trigger.body.customer }} ordered for {{ trigger.body.total }}: large order number {{ steps.count.value }}.",
          },
        },
      },
    ],
  },
};
