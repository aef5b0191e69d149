import { type CountryCode, isSupportedCountry, type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js";
import type { Budget } from "../budget.ts";
import { invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { none, Optional } from "../value.ts";

const define = functionsOf("phone");

const longestNumber = 60;

function countryOf(country: string | undefined): CountryCode | undefined {
  if (country === undefined) return undefined;
  const code = country.toUpperCase();
  if (country.length === 2 && isSupportedCountry(code)) return code;
  throw invalidArgument(
    `${JSON.stringify(country.slice(0, 20))} is not a country such as US or DE (ISO 3166, two letters)`,
  );
}

function findPhone(budget: Budget, text: string, country: string | undefined): PhoneNumber | undefined {
  budget.spend(2000);
  const defaultCountry = countryOf(country);
  if (text.length > longestNumber) return undefined;
  return parsePhoneNumberFromString(text, defaultCountry ? { defaultCountry, extract: false } : { extract: false });
}

function getPhone(budget: Budget, text: string, country: string | undefined): PhoneNumber {
  const phone = findPhone(budget, text, country);
  if (phone?.isValid()) return phone;
  const hint =
    country === undefined && !text.trim().startsWith("+") ? "; name the country it is dialed in, such as US" : "";
  throw invalidArgument(`${JSON.stringify(text.slice(0, 30))} is not a valid phone number${hint}`);
}

const parameters = ["text: string", "country?: string"] as const;

export const phoneFunctions = [
  define({
    name: "phoneE164",
    form: "both",
    parameters,
    result: "string",
    doc: "The phone number in E.164, as most services want it. The country says how to read a number without +.",
    example: [`phoneE164("(212) 555-0123", "US")`, "+12125550123"],
    cost: "own",
    run: (budget, text, country) => getPhone(budget, text, country).number,
  }),
  define({
    name: "phoneValid",
    form: "both",
    parameters,
    result: "bool",
    doc: "Whether the text is a valid phone number.",
    example: [`phoneValid("12", "US")`, false],
    cost: "own",
    run: (budget, text, country) => findPhone(budget, text, country)?.isValid() ?? false,
  }),
  define({
    name: "phoneCountry",
    form: "both",
    parameters,
    result: "optional",
    doc: "The country of a phone number in two letters, as an optional: some numbers belong to none.",
    example: [`phoneCountry("+49 30 901820").orValue("")`, "DE"],
    cost: "own",
    run: (budget, text, country) => optionalText(getPhone(budget, text, country).country),
  }),
  define({
    name: "phoneNational",
    form: "both",
    parameters,
    result: "string",
    doc: "The phone number as one writes it within its country.",
    example: [`phoneNational("+12125550123")`, "(212) 555-0123"],
    cost: "own",
    run: (budget, text, country) => getPhone(budget, text, country).formatNational(),
  }),
  define({
    name: "phoneInternational",
    form: "both",
    parameters,
    result: "string",
    doc: "The phone number as one writes it for people abroad.",
    example: [`phoneInternational("2125550123", "US")`, "+1 212 555 0123"],
    cost: "own",
    run: (budget, text, country) => getPhone(budget, text, country).formatInternational(),
  }),
];

function optionalText(text: string | undefined): Optional {
  return text === undefined ? none : new Optional(text);
}
