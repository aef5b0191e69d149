/** One call that the sink received; on disk before it was answered. */
export type SinkCall = {
  flow: string;
  event: string;
  run: string;
  label: string;
  key: string;
  /** As `credentialMark` has it; "" where it brought none. */
  credential: string;
  at: number;
};

export type SinkMode =
  | { kind: "answer"; status: number; afterMs?: number; retryAfter?: string }
  /** Answered 200 when released. */
  | { kind: "hold" }
  | { kind: "hang" }
  /** The effect took place, the answer is lost. */
  | { kind: "drop" }
  /** The answer says what the request's Authorization header was. */
  | { kind: "echo"; status: number };

export type SinkCommand =
  | { type: "mode"; flow: string; mode: SinkMode }
  | { type: "watch"; flow: string; isOn: boolean }
  | { type: "release"; flow: string };

export type SinkReport = { type: "ready"; port: number } | { type: "call"; call: SinkCall };
