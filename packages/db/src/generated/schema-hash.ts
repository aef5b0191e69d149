// Written by scripts/prisma.mjs with the client.
/** SHA-256 of prisma/schema.prisma as it was when this client was generated. */
export const schemaHash = "3872819d01fb8afab2927933a7d2c96b3a3a88f9e0430b3c05f3db02a3e0e3c9";
