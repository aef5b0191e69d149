/** Why a request was refused. The answer's status follows from it: see `rejectionStatus`. */
export type RejectionReason =
  | "secret_missing" // no secret, or only empty ones: a set-up that is not finished refuses everything
  | "secret_unusable"
  | "header_missing"
  | "header_repeated"
  | "signature_malformed"
  | "signature_mismatch"
  | "timestamp_malformed"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "body_unreadable"
  | "body_unsigned"
  | "credential_mismatch"
  | "token_malformed"
  | "token_rejected"
  | "token_expired"
  | "keys_unavailable"
  | "source_not_allowed"
  | "verify_token_mismatch"
  | "not_verifiable";

/** What the sender hears. Only `keys_unavailable` is ours to mend, so only there is sending again of use. */
export const rejectionStatus = (reason: RejectionReason): 401 | 403 | 503 => {
  if (reason === "keys_unavailable") return 503;
  return reason === "source_not_allowed" ? 403 : 401;
};

/** An expected outcome, so a value. The message is for the endpoint's owner and holds no secret and no expected signature. */
export type Rejection = { ok: false; reason: RejectionReason; message: string };

export type Outcome<Value> = { ok: true; value: Value } | Rejection;

export const reject = (reason: RejectionReason, message: string): Rejection => ({ ok: false, reason, message });
export const succeed = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });
