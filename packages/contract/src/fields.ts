import { type IdKind, idPrefixes, type Json, type JsonObject } from "@millrace/base";
import { z } from "zod";

/** Any JSON value, passed on as it is: it was parsed within limits before. */
export const jsonValue: z.ZodType<Json, Json> = z.any().meta({ id: "Json", description: "Any JSON value." });

export const jsonObject: z.ZodType<JsonObject, JsonObject> = z.any().meta({ type: "object" });

/** PostgreSQL can't keep U+0000, and names with control characters can't be told apart. */
export const plainText = (longest: number) =>
  z
    .string()
    .min(1, "expected some text")
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "expected no control characters");

export const nameText = z.string().trim().pipe(plainText(120));

/** Base32 of a UUID, as in https://github.com/jetify-com/typeid/tree/main/spec. */
const suffix = "[0-7][0-9a-hjkmnp-tv-z]{25}";

export const idOf = (kind: IdKind) =>
  z
    .string()
    .regex(new RegExp(`^${idPrefixes[kind]}_${suffix}$`), `expected an id that starts with ${idPrefixes[kind]}_`);

export const time = z.iso.datetime({ offset: true }).meta({ example: "2026-11-21T09:30:00.000Z" });

export const email = z.email().max(254);

export const automationParams = z.strictObject({ automationId: idOf("automation") });

/** Lists are read page by page: pass `nextCursor` as `cursor` until it is null. */
export const pageQuery = {
  cursor: plainText(900).optional().meta({ description: "`nextCursor` of the page before." }),
  limit: z.coerce.number<number>().int().min(1).max(100).default(50),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Of answers without a body. */
export const nothing = z.void();
