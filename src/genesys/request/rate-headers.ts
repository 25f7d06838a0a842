import type { RateHeaders } from '../budget/budget.ts';

/** Reads the rate headers; undefined unless all three are there and are numbers. */
export function parseRateHeaders(headers: ReadonlyMap<string, string>): RateHeaders | undefined {
  const count = asCount(headers.get('inin-ratelimit-count'));
  const allowed = asCount(headers.get('inin-ratelimit-allowed'));
  const resetSeconds = asCount(headers.get('inin-ratelimit-reset'));
  if (count === undefined || allowed === undefined || resetSeconds === undefined) return undefined;
  // An allowance of nothing would stop the service for good; it is read as "not told".
  return allowed === 0 ? undefined : { count, allowed, resetSeconds };
}

function asCount(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d{1,9}(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
