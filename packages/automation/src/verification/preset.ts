import type { SignedScheme } from "./verification-scheme.ts";

/** Where a provider's own id of a delivery or an event stands. Each kind gives one key, or none where something is absent. */
export type DedupeSource =
  | { headers: readonly string[] } // all of them together
  | { fields: readonly string[]; of: "body" | "eachElement" } // dotted paths in the JSON body, all of them together
  | { hash: "body" };

type FieldCondition = { field: string; equals: string | number };

/** What a provider asks of a URL before it sends events there. Where it signs the question, the signature is checked first. */
export type HandshakeRule =
  | { kind: "answerHead" }
  | { kind: "echoParameter"; parameter: string }
  | { kind: "verifyToken"; mode: string; token: string; challenge: string }
  | { kind: "echoField"; when: FieldCondition; field: string }
  | { kind: "hashField"; when: FieldCondition; field: string; hashedAs: string; plainAs: string }
  | { kind: "acknowledge"; when: FieldCondition; unlessField?: string; status: number; json?: Record<string, number> };

/** What is known about one provider. */
export type Preset = {
  title: string;
  /** The provider's own page about verifying its requests. */
  docs: string;
  /** What the person pastes into the keyvault, and where the provider shows it. */
  secret: { title: string; where: string };
  scheme: SignedScheme;
  /** The first that is there counts. */
  dedupe: readonly DedupeSource[];
  handshakes: readonly HandshakeRule[];
};
