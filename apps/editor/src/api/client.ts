import { createClient } from "@millrace/contract";

/** The page and the API share one origin; the session cookie says who is asking. */
export const api = createClient({ baseUrl: "" });
