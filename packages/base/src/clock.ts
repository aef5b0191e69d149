/** Time as an argument: rules take `now`, processes pass a clock. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
