const unitBytes = { bytes: 1, KiB: 1_024, MiB: 1_048_576 } as const;

export type SizeUnit = keyof typeof unitBytes;
export const sizeUnits: readonly SizeUnit[] = ["bytes", "KiB", "MiB"];
export type Size = { amount: number; unit: SizeUnit };

export const bytesOf = ({ amount, unit }: Size): number => Math.round(amount * unitBytes[unit]);

/** In the largest unit that gives a whole number. */
export function sizeOf(bytes: number): Size {
  const unit = sizeUnits.findLast((name) => bytes >= unitBytes[name] && bytes % unitBytes[name] === 0) ?? "bytes";
  return { amount: bytes / unitBytes[unit], unit };
}

export function sizeText(bytes: number): string {
  const { amount, unit } = sizeOf(bytes);
  return `${amount} ${unit}`;
}
