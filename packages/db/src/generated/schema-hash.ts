// Written by scripts/prisma.mjs with the client.
/** SHA-256 of prisma/schema.prisma as it was when this client was generated. */
export const schemaHash = "8c8f5e4667942f5ef5a6f59f4243c7e63dfd5b9cccffa801156f4a29f6844f92";
