import { defineConnector } from "@millrace/connector-kit";
import { compareAndSet } from "./actions/compare-and-set.ts";
import { deleteEntry } from "./actions/delete-entry.ts";
import { get } from "./actions/get.ts";
import { increment } from "./actions/increment.ts";
import { list } from "./actions/list.ts";
import { set } from "./actions/set.ts";

export const keyvalue = defineConnector({
  id: "keyvalue",
  title: "Key-value store",
  summary: "The workspace's own small, durable store. Every write happens exactly once.",
  icon: "database",
  actions: { set, get, delete: deleteEntry, increment, list, compareAndSet },
});
