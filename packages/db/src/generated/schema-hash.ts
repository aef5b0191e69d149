// Written by scripts/prisma.mjs with the client.
/** SHA-256 of prisma/schema.prisma as it was when this client was generated. */
export const schemaHash = "e04eb922ea85d473d963a87b28263f204fc99b4a14669e4602b4f9bb152d3495";
