import { Failure, type Json } from "@millrace/base";
import { z } from "zod";
import { inputFault } from "./input-fault.ts";
import { jsonSchemaOf } from "./json-schema.ts";

/** A credential field: text in the vault, described by `.meta({ title, secret, … })`. */
export type CredentialField = z.ZodType<string | undefined, string | undefined>;
export type CredentialShape = Record<string, CredentialField>;
export type CredentialOf<Shape extends CredentialShape> = z.output<z.ZodObject<Shape>>;

/** A credential as the vault hands it over: field names and text. */
export type Credential = Record<string, string>;

/** What the connection page needs to draw one field. */
export type FieldDescription = {
  name: string;
  title: string;
  description: string | null;
  secret: boolean;
  required: boolean;
  placeholder: string | null;
  control: string;
  jsonSchema: Json;
};

/** Authentication by values that a person pastes: keys, user names, tokens. */
export type FieldsAuth<Shape extends CredentialShape> = {
  kind: "fields";
  shape: Shape;
  describe(): FieldDescription[];
  /** Throws `invalid_input` naming the field; never repeats a value. */
  parse(credential: Credential): CredentialOf<Shape>;
};

/** A rule between fields: which field is at fault and why, or nothing. */
export type CredentialRule<Shape extends CredentialShape> = (
  credential: CredentialOf<Shape>,
) => { field: string; message: string } | undefined;

/** Each field says whether it is secret; the vault seals it and the redactor looks for it only if it does. */
export function fields<const Shape extends CredentialShape>(
  shape: Shape,
  rule: CredentialRule<Shape> = () => undefined,
): FieldsAuth<Shape> {
  const schema = z.object(shape);
  const descriptions = Object.entries(shape).map(([name, field]) => describeField(name, field));
  return {
    kind: "fields",
    shape,
    describe: () => descriptions,
    parse(credential) {
      const present = Object.fromEntries(Object.entries(credential).filter(([, value]) => value !== ""));
      const parsed = schema.safeParse(present);
      const fault = parsed.success ? rule(parsed.data) : inputFault(schema, present, parsed.error);
      if (parsed.success && !fault) return parsed.data;
      const { field, message } = fault ?? { field: "", message: "it does not fit." };
      throw new Failure("invalid_input", `The connection is not complete: ${message}`, {
        field,
        advice: "Open the connection's page and correct this field.",
      });
    },
  };
}

function describeField(name: string, field: CredentialField): FieldDescription {
  const meta = field.meta() ?? {};
  const text = (key: string) => (typeof meta[key] === "string" ? meta[key] : null);
  if (typeof meta.secret !== "boolean") {
    throw new Failure("own_bug", `The credential field "${name}" does not say whether it is secret.`, { field: name });
  }
  return {
    name,
    title: text("title") ?? name,
    description: text("description"),
    secret: meta.secret,
    required: !field.safeParse(undefined).success,
    placeholder: text("placeholder"),
    control: text("control") ?? "text",
    jsonSchema: jsonSchemaOf(field),
  };
}
