import { defineConnector } from "@millrace/connector-kit";
import { request } from "./actions/request.ts";
import { connection } from "./connection.ts";

export const http = defineConnector({
  id: "http",
  title: "HTTP",
  summary: "Any web API: every method, query, headers and bodies, with or without a credential.",
  icon: "globe",
  connection,
  actions: { request },
});
