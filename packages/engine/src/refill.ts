/** Of one source, what is to be claimed next; undefined where there is nothing, or no room for it. */
export type ClaimSource<Which> = () => Which | undefined;

/**
 * Claims what nobody rings for now, one claim at a time: several at once would only wait for one another's locks. The
 * sources take turns, so that none of them keeps the others waiting for long. It goes on by itself until nothing is left, or
 * a claim says that it failed: then when it is called again.
 */
export function createRefill<Which>(
  sources: readonly ClaimSource<Which>[],
  claim: (which: Which) => Promise<"claimed" | "failed">,
): () => void {
  let isClaiming = false;
  let turn = 0;

  function next(): Which | undefined {
    for (let step = 0; step < sources.length; step++) {
      const index = (turn + step) % sources.length;
      const which = sources[index]?.();
      if (which === undefined) continue;
      turn = index + 1;
      return which;
    }
    return undefined;
  }

  return function refill(): void {
    if (isClaiming) return;
    const which = next();
    if (which === undefined) return;
    isClaiming = true;
    void claim(which).then((outcome) => {
      isClaiming = false;
      if (outcome === "claimed") refill();
    });
  };
}
