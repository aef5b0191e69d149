/** What scripts may rely on; README.md lists them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notReachable: 3,
  notAuthorized: 4,
  /** As shells report Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
