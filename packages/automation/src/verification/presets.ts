import type { Preset } from "./preset.ts";
import { calendly } from "./presets/calendly.ts";
import { discord } from "./presets/discord.ts";
import { dropbox } from "./presets/dropbox.ts";
import { github } from "./presets/github.ts";
import { hubspot } from "./presets/hubspot.ts";
import { intercom } from "./presets/intercom.ts";
import { meta } from "./presets/meta.ts";
import { sendgrid } from "./presets/sendgrid.ts";
import { shopify } from "./presets/shopify.ts";
import { slack } from "./presets/slack.ts";
import { standardWebhooks } from "./presets/standard-webhooks.ts";
import { stripe } from "./presets/stripe.ts";
import { svix } from "./presets/svix.ts";
import { twilio } from "./presets/twilio.ts";
import { typeform } from "./presets/typeform.ts";
import { zoom } from "./presets/zoom.ts";
import type { PresetName } from "./verification-schema.ts";

/** Everything we know about providers, by the name that definitions use. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  standardWebhooks,
  stripe,
  github,
  slack,
  shopify,
  twilio,
  sendgrid,
  svix,
  calendly,
  typeform,
  hubspot,
  intercom,
  discord,
  meta,
  zoom,
  dropbox,
};
