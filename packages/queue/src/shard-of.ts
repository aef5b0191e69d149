/** The queue of a workspace: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), the same in every process. */
export function shardOf(workspaceId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < workspaceId.length; index++) {
    hash = Math.imul(hash ^ workspaceId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % shards;
}
