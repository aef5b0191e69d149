// Written by scripts/prisma.mjs with the client.
/** SHA-256 of prisma/schema.prisma as it was when this client was generated. */
export const schemaHash = "7b9ca3b4687016cd31bfc42a0e547687b861ba299f39fb213f90c3f9b982ceaf";
