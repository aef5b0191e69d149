import { readdirSync } from "node:fs";
import { join } from "node:path";

/** One log for each job or flow: whoever asks for one does not read the others, which may be hundreds of megabytes long. */
export const logPath = (folder: string, id: string): string => join(folder, `${encodeURIComponent(id)}.jsonl`);

/** The logs of the job with this id; of every job below it, where it ends with "/". */
export function logPaths(folder: string, which: string): string[] {
  if (!which.endsWith("/")) return [logPath(folder, which)];
  return readdirSync(folder)
    .filter((name) => decodeURIComponent(name).startsWith(which))
    .map((name) => join(folder, name));
}
