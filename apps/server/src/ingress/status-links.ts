import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { KeyRing } from "@millrace/vault";

const statusPath = /^\/hooks\/runs\/(run_[0-9a-hjkmnp-tv-z]{26})\/([A-Za-z0-9_-]{22})$/;

/**
 * Links under which a sender finds the answer of a run that it did not wait for. They are signed, so that nobody reads a
 * run whose id he happens to know, and without the endpoint's token, so that whoever gets the link can send nothing.
 */
export function createStatusLinks(ring: KeyRing, publicUrl: string) {
  const keys = ring.ids.map((id) =>
    Buffer.from(hkdfSync("sha256", ring.keyFor(id, "ingress-secrets/v1"), "", "run-status/v1", 32)),
  );
  const signaturesOf = (runId: string): string[] =>
    keys.map((key) => createHmac("sha256", key).update(runId).digest().subarray(0, 16).toString("base64url"));
  return {
    linkTo(runId: string): string {
      const [signature] = signaturesOf(runId);
      return `${publicUrl}/hooks/runs/${runId}/${signature}`;
    },
    /** The run that a path names; undefined if it is no such path or was not signed here. */
    runIn(path: string): string | undefined {
      const [, runId, signature] = statusPath.exec(path) ?? [];
      if (runId === undefined || signature === undefined) return undefined;
      // As text: 22 letters carry four bits more than 16 bytes, so that 16 spellings decode to the same signature.
      const given = Buffer.from(signature);
      return signaturesOf(runId).some((expected) => timingSafeEqual(Buffer.from(expected), given)) ? runId : undefined;
    },
  };
}

export type StatusLinks = ReturnType<typeof createStatusLinks>;
