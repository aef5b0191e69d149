import { Failure } from "@millrace/base";
import { defineOptionalConnection, fields, headerFault, isConnectionHeader } from "@millrace/connector-kit";
import { z } from "zod";
import { createHttpClient } from "./client.ts";
import { type HttpCredential, placementOf } from "./placement.ts";

const auth = fields(
  {
    scheme: z.enum(["bearer", "basic", "header", "query"], "expected bearer, basic, header or query").meta({
      title: "How to send it",
      description: "A bearer token, a user name and password, a header of its own, or a query parameter.",
      secret: false,
      control: "select",
    }),
    secret: z.string().min(1).meta({
      title: "Secret",
      description: "The token, password or key.",
      secret: true,
    }),
    username: z.string().optional().meta({
      title: "User name",
      description: "For basic authentication.",
      secret: false,
    }),
    name: z.string().optional().meta({
      title: "Header or parameter name",
      description: "For a header or a query parameter, such as X-Api-Key.",
      secret: false,
      placeholder: "X-Api-Key",
    }),
    origins: z.string().min(1).meta({
      title: "Allowed origins",
      description: "Where this secret may be sent, separated by spaces. It is never sent anywhere else.",
      secret: false,
      placeholder: "https://api.example.com",
    }),
  },
  faultOf,
);

export const connection = defineOptionalConnection({
  auth,
  origins: (credential) => originsOf(credential.origins),
  derivedSecrets: (credential) => Object.values(placementOf(credential).headers),
  client: ({ credential, http }) =>
    createHttpClient(
      http,
      credential && { placement: placementOf(credential), origins: originsOf(credential.origins) },
    ),
  check: (client, options) => client.probe(options),
});

function faultOf(credential: HttpCredential & { origins: string }): { field: string; message: string } | undefined {
  const { scheme, username, name, secret } = credential;
  if (scheme === "basic" && !username)
    return { field: "username", message: "User name: needed for basic authentication." };
  if ((scheme === "header" || scheme === "query") && !name) {
    return { field: "name", message: "Header or parameter name: needed here." };
  }
  if (scheme === "header" && name) {
    const fault = isConnectionHeader(name) ? "is not yours to set" : headerFault(name, "");
    if (fault) return { field: "name", message: `Header or parameter name: "${name}" ${fault}.` };
  }
  if (scheme !== "query" && scheme !== "basic" && headerFault("x", secret)) {
    return { field: "secret", message: "Secret: a header cannot carry line breaks or characters outside Latin-1." };
  }
  const bad = splitOrigins(credential.origins).find((text) => !isOrigin(text));
  if (bad === undefined && splitOrigins(credential.origins).length > 0) return undefined;
  return { field: "origins", message: "Allowed origins: write them like https://api.example.com, without a path." };
}

function splitOrigins(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isBare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  return (url.protocol === "https:" || url.protocol === "http:") && isBare;
}

function originsOf(text: string): string[] {
  const origins = splitOrigins(text).map((part) => new URL(part).origin);
  if (origins.length === 0)
    throw new Failure("invalid_input", "The connection allows no origin.", { field: "origins" });
  return origins;
}
