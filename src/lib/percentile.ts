/** The value that `share` (0 to 1) of the samples do not exceed, by nearest rank; undefined without samples. */
export function percentile(samples: readonly number[], share: number): number | undefined {
  if (samples.length === 0) return undefined;
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export interface Spread {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

/** The three percentiles people ask for, rounded to whole milliseconds. */
export function spreadOf(samples: readonly number[]): Spread {
  const at = (share: number): number | undefined => {
    const value = percentile(samples, share);
    return value === undefined ? undefined : Math.round(value);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
