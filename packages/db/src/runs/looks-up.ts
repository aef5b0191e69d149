/**
 * A condition that PostgreSQL looks up in a hash for each row instead of joining: between two lists of runs, one nested loop
 * or another would be quadratic, and which one it takes changes with what it last learned about the table.
 */
export const looksUp = (condition: string): string => `CASE WHEN ${condition} THEN true END`;
