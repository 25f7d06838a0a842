/** Longest wait that is believed, in milliseconds: a day. */
const MAX_WAIT_MS = 86_400_000;

/**
 * Reads `Retry-After`, which is a number of seconds or an HTTP date, as milliseconds from now;
 * undefined when it is missing or neither.
 */
export function parseRetryAfter(value: string | undefined, nowWallMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
  // Anything else that a date parser takes, such as "-5" or "2", is not a date.
  if (!/[A-Za-z]{3}/.test(text)) return undefined;
  const date = Date.parse(text);
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - nowWallMs, 0), MAX_WAIT_MS);
}
