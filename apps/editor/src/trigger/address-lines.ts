import { isAddressRange } from "@millrace/automation";

/** The addresses of a text: one a line, or with commas between them as they are often pasted. */
export function addressLines(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is wrong with the first that is no address. */
export function addressProblem(addresses: readonly string[]): string | undefined {
  const wrong = addresses.find((address) => !isAddressRange(address));
  return wrong && `${wrong} is no address or range: write one such as 192.0.2.7 or 192.0.2.0/24 on each line.`;
}
