const subBits = 6;
const subBuckets = 2 ** subBits;

/**
 * Counts durations in buckets that grow with them: 64 for each doubling, so a percentile is at most 1.6 % off,
 * and recording one costs no memory.
 */
export class Histogram {
  #counts = new Uint32Array(subBuckets * 40);
  #total = 0;
  #sum = 0;
  #max = 0;

  /** Of everything that these snapshots hold together. */
  static of(snapshots) {
    const whole = new Histogram();
    for (const { counts, sum, max } of snapshots) {
      for (const [index, count] of counts) {
        whole.#counts[index] += count;
        whole.#total += count;
      }
      whole.#sum += sum;
      whole.#max = Math.max(whole.#max, max);
    }
    return whole;
  }

  /** Plain data, for another process. */
  snapshot() {
    const counts = [...this.#counts.entries()].filter(([, count]) => count > 0);
    return { counts, sum: this.#sum, max: this.#max };
  }

  record(microseconds) {
    const value = Math.max(0, Math.round(microseconds));
    this.#counts[indexOf(value)]++;
    this.#total++;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  get count() {
    return this.#total;
  }

  /** The upper end of the bucket that holds it, in microseconds. */
  percentile(percent) {
    const wanted = Math.max(1, Math.ceil((this.#total * percent) / 100));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index];
      if (seen >= wanted) return Math.min(upperEnd(index), this.#max);
    }
    return this.#max;
  }

  /** In milliseconds. */
  summary() {
    const ms = (percent) => this.percentile(percent) / 1_000;
    return {
      count: this.#total,
      meanMs: this.#total === 0 ? 0 : this.#sum / this.#total / 1_000,
      p50Ms: ms(50),
      p95Ms: ms(95),
      p99Ms: ms(99),
      maxMs: this.#max / 1_000,
    };
  }
}

function indexOf(value) {
  if (value < subBuckets) return value;
  const exponent = 31 - Math.clz32(value) - subBits;
  return (exponent + 1) * subBuckets + (value >>> exponent) - subBuckets;
}

function upperEnd(index) {
  if (index < subBuckets) return index;
  const exponent = Math.floor(index / subBuckets) - 1;
  return ((index % subBuckets) + subBuckets + 1) * 2 ** exponent - 1;
}
