import type { Attempt } from "./producer-messages.ts";

export const isAccepted = ({ status }: Attempt): boolean => status >= 200 && status < 300;
export const isShed = ({ status }: Attempt): boolean => status === 429 || status === 503;
