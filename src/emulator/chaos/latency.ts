/** How long something takes, in milliseconds. */
export type Latency =
  | { readonly distribution: 'fixed'; readonly ms: number }
  | { readonly distribution: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Many short, few long: half lie below `medianMs`; `sigma` 0.5 is calm, 1 is wild. Never above `maxMs`. */
  | {
      readonly distribution: 'lognormal';
      readonly medianMs: number;
      readonly sigma: number;
      readonly maxMs: number;
    };

/** Draws one latency. `random` gives numbers from 0 to below 1. */
export function drawLatencyMs(latency: Latency, random: () => number): number {
  switch (latency.distribution) {
    case 'fixed':
      return latency.ms;
    case 'uniform':
      return latency.minMs + random() * (latency.maxMs - latency.minMs);
    case 'lognormal':
      return Math.min(
        latency.maxMs,
        latency.medianMs * Math.exp(latency.sigma * standardNormal(random)),
      );
  }
}

/** One draw of the normal distribution by the Box–Muller transform. */
function standardNormal(random: () => number): number {
  // 1 - u lies above 0, so that its logarithm is finite.
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
