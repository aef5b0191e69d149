/**
 * A condition that PostgreSQL evaluates for each row that the other conditions found, looking lists up in a hash. It neither
 * joins by it, which between two lists of runs would be quadratic in one nested loop or another, nor chooses an index for it:
 * the index of one status looks empty to it whenever the table was last analyzed at a quiet moment.
 */
export const onEachRow = (condition: string): string => `CASE WHEN ${condition} THEN true END`;
