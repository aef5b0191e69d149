export type Question = { message: string; isSecret: boolean; isRequired: boolean; placeholder?: string };

/** Where a command reads from and writes to: the process's streams, or a test's. */
export type Terminal = {
  env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output as it is. */
  out(text: string): void;
  /** Writes to standard error as it is. */
  err(text: string): void;
  /** A person reads the output: colors, and text cut to the width. */
  isTty: boolean;
  /** A person can be asked. */
  isInteractive: boolean;
  hasColor: boolean;
  width: number;
  now(): Date;
  /** Standard input as text, to its end. */
  readInput(): Promise<string>;
  /** Undefined if the person canceled. */
  ask(question: Question): Promise<string | undefined>;
  confirm(message: string): Promise<boolean>;
};
