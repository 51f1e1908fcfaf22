/** A distribution of errors, each a share of its meter's daily energy, in bins of a hundredth of a percent. */
export interface ErrorSummary {
  readonly meterHours: number;
  /** Part of the meter-hours that are right to the count. */
  readonly exact: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

const BIN = 0.0001;
const BINS = 20_000;

export class Errors {
  readonly #bins = new Float64Array(BINS + 1);
  #n = 0;
  #exact = 0;
  #max = 0;

  /** @param share 0 is exact */
  add(share: number): void {
    this.#n += 1;
    if (share === 0) this.#exact += 1;
    this.#max = Math.max(this.#max, share);
    const bin = Math.min(BINS, Math.ceil(share / BIN));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  summary(): ErrorSummary {
    return {
      meterHours: this.#n,
      exact: this.#n === 0 ? 1 : this.#exact / this.#n,
      median: this.#quantile(0.5),
      p99: this.#quantile(0.99),
      max: this.#max,
    };
  }

  /** Upper edge of the bin, so that an error is never made smaller than it is. */
  #quantile(part: number): number {
    let below = 0;
    for (const [bin, count] of this.#bins.entries()) {
      below += count;
      if (below >= part * this.#n) return bin === BINS ? this.#max : bin * BIN;
    }
    return 0;
  }
}
