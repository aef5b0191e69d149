export { type HandshakeAnswer, type HandshakeInput, type HandshakeOutcome, handshake } from "./handshake.ts";
export { createJwksCache, type FetchJwks, type JwksCache } from "./jwks-cache.ts";
export { type Rejection, type RejectionReason, rejectionStatus } from "./rejection.ts";
export { redactSecretPlaces, type SecretPlaces, secretPlaces } from "./secret-places.ts";
export { type Signed, type SignInput, sign } from "./sign.ts";
export { type SchemeChoice, unpackedDedupeKey, type Verdict, type VerifyInput, verify } from "./verify.ts";
export type { WebhookRequest } from "./webhook-request.ts";
