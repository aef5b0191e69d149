import { invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { parseDecimalText } from "./decimal-text.ts";

const define = functionsOf("money");

const knownCurrencies = new Set(Intl.supportedValuesOf("currency"));

/** Digits after the point that ISO 4217 gives a currency: 2 for USD, 0 for JPY, 3 for KWD. */
const currencies = {
  id: "currency",
  make(code: string): { digits: number } {
    const options = new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions();
    return { digits: options.maximumFractionDigits ?? 2 };
  },
};

const formats = {
  id: "moneyFormat",
  make(key: string): Intl.NumberFormat {
    const [currency = "", locale = ""] = key.split(" ");
    try {
      return new Intl.NumberFormat(locale, { style: "currency", currency, numberingSystem: "latn" });
    } catch {
      throw invalidArgument(`${JSON.stringify(locale.slice(0, 20))} is not a locale such as en-US or de-DE`);
    }
  },
};

function checkedCurrency(code: string): string {
  const upper = code.toUpperCase();
  if (knownCurrencies.has(upper)) return upper;
  throw invalidArgument(`${JSON.stringify(code.slice(0, 20))} is not a currency such as USD (ISO 4217)`);
}

/** Shifts the decimal point of the digits one sees, so that 19.99 becomes exactly 1999. */
function shiftPoint(number: number, places: number): number {
  const [mantissa = "0", exponent = "0"] = String(number).split("e");
  return Number(`${mantissa}e${Number(exponent) + places}`);
}

export const moneyFunctions = [
  define({
    name: "toMinorUnits",
    form: "both",
    parameters: ["amount: number|string", "currency: string"],
    result: "number",
    doc: "An amount in the currency's smallest unit, such as cents; an error if it has more digits than the currency.",
    example: [`toMinorUnits(19.99, "USD")`, 1999],
    cost: "own",
    run: (budget, amount, currency) => {
      budget.spend(50);
      const code = checkedCurrency(currency);
      const { digits } = budget.make(currencies, code, 1500);
      const minor = shiftPoint(typeof amount === "number" ? amount : parseDecimalText(amount), digits);
      if (!Number.isSafeInteger(minor))
        throw invalidArgument(
          `${code} has ${digits} digits after the point; round the amount first, as in round(amount, ${digits})`,
        );
      return minor === 0 ? 0 : minor;
    },
  }),
  define({
    name: "fromMinorUnits",
    form: "both",
    parameters: ["amount: number", "currency: string"],
    result: "number",
    doc: "An amount from the currency's smallest unit, such as cents.",
    example: [`fromMinorUnits(1999, "USD")`, 19.99],
    cost: "own",
    run: (budget, amount, currency) => {
      budget.spend(50);
      const { digits } = budget.make(currencies, checkedCurrency(currency), 1500);
      if (!Number.isSafeInteger(amount)) throw invalidArgument("an amount in the smallest unit is a whole number");
      return shiftPoint(amount, -digits);
    },
  }),
  define({
    name: "currencyDigits",
    form: "both",
    parameters: ["currency: string"],
    result: "number",
    doc: "How many digits after the point a currency has.",
    example: [`currencyDigits("JPY")`, 0],
    cost: "own",
    run: (budget, currency) => {
      budget.spend(20);
      return budget.make(currencies, checkedCurrency(currency), 1500).digits;
    },
  }),
  define({
    name: "formatMoney",
    form: "both",
    parameters: ["amount: number", "currency: string", "locale?: string"],
    result: "string",
    doc: "An amount as people of a locale write it (en-US if not said).",
    example: [`formatMoney(1234.5, "EUR", "en-US")`, "€1,234.50"],
    cost: "own",
    run: (budget, amount, currency, locale = "en-US") => {
      budget.spend(100);
      const code = checkedCurrency(currency);
      if (!/^[A-Za-z0-9-]{2,20}$/.test(locale))
        throw invalidArgument(`${JSON.stringify(locale.slice(0, 20))} is not a locale such as en-US or de-DE`);
      return budget.make(formats, `${code} ${locale}`, 2500).format(amount);
    },
  }),
  define({
    name: "parseDecimal",
    form: "both",
    parameters: ["text: string", "decimalSeparator: string"],
    result: "number",
    doc: "A number from text as people write it, such as 1.234,56 with a comma; the other separators are dropped.",
    example: [`parseDecimal("1.234,56", ",")`, 1234.56],
    cost: "own",
    run: (budget, text, decimalSeparator) => {
      budget.spend(50);
      if (decimalSeparator !== "." && decimalSeparator !== ",")
        throw invalidArgument('the decimal separator must be "." or ","');
      return parseDecimalText(withoutGroups(text, decimalSeparator));
    },
  }),
];

/** Drops separators between groups of three digits, and spaces around; anything else stays and is refused later. */
function withoutGroups(text: string, decimalSeparator: string): string {
  if (text.length > 100) throw invalidArgument("the text is too long for a number");
  const [whole = "", ...fractions] = text.trim().split(decimalSeparator);
  if (fractions.length > 1) throw invalidArgument(`${JSON.stringify(text)} has more than one decimal separator`);
  const grouped = /^[+-]?[0-9]{1,3}(?:([.,'’ \u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*$/;
  const plain = grouped.test(whole) ? whole.replace(/[.,'’ \u00a0\u202f]/g, "") : whole;
  return fractions[0] === undefined ? plain : `${plain}.${fractions[0]}`;
}
