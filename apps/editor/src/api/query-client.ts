import { ApiError } from "@millrace/contract";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { noteAnswer, noteSilence } from "./connectivity.ts";

/** Answers that another attempt may change: none at all, a proxy's page, or a server that is starting. */
function isPassing(error: Error): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504)
  );
}

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: Error) => {
    if (!(error instanceof ApiError)) return;
    if (error.status === 0) noteSilence();
    if (error.status === 401) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError, onSuccess: noteAnswer }),
    mutationCache: new MutationCache({ onError, onSuccess: noteAnswer }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => isPassing(error) && failures < 2,
        retryDelay: (failures) => Math.min(4_000, 500 * 2 ** failures),
      },
    },
  });
}
