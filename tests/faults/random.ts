export type Random = {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
  /** The whole numbers from 0 to `count - 1`, each once, in any order. */
  order(count: number): readonly number[];
};

/** The same numbers for the same seed (mulberry32), so that a run can be repeated. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const order = (count: number) => {
    const numbers: number[] = [];
    for (let number = 0; number < count; number++) {
      const place = below(number + 1);
      numbers[number] = numbers[place] ?? number;
      numbers[place] = number;
    }
    return numbers;
  };
  return { below, order, pick: (values) => values[below(values.length)] ?? values[0] };
}
