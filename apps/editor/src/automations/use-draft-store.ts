import type { Automation } from "@millrace/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { api } from "../api/client.ts";
import { automationQuery } from "../api/queries.ts";
import { type DraftState, DraftStore } from "./draft-store.ts";

/** The draft of one automation, kept for as long as its editor is open. */
export function useDraftStore(loaded: Automation): [DraftStore, DraftState] {
  const queries = useQueryClient();
  const [store] = useState(() => {
    const { id: automationId } = loaded;
    const key = automationQuery(automationId).queryKey;
    return new DraftStore(loaded, {
      save: async (definition, expectedRevision) => {
        const saved = await api.automations.saveDraft({ automationId, definition, expectedRevision });
        queries.setQueryData(key, saved);
        void queries.invalidateQueries({ queryKey: ["automations", "list"] });
        return saved;
      },
      load: () => api.automations.get({ automationId }),
    });
  });
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => store.offer(loaded), [store, loaded]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (store.snapshot().save.kind !== "saved") event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      void store.flush();
    };
  }, [store]);
  return [store, state];
}
