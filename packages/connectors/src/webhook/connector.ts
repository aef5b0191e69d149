import { defineConnection, defineConnector, fields } from "@millrace/connector-kit";
import { z } from "zod";

const auth = fields({
  secret: z.string().trim().min(1, "paste the secret").meta({
    title: "Secret",
    description: "What the sender signs with: a signing secret, a shared token, user:password, or a public key.",
    secret: true,
    control: "long-text",
  }),
});

/** It opens nothing: ingress compares it with what requests carry. So there is nobody to ask whether it is right. */
const connection = defineConnection({ auth, origins: [], client: () => undefined, check: async () => ({}) });

/** The secrets that a webhook trigger's `verify` names. */
export const webhook = defineConnector({
  id: "webhook",
  title: "Webhook signing secret",
  summary: "What proves that a webhook comes from its sender. A trigger's verification names it.",
  icon: "webhook",
  connection,
  actions: {},
});
