/** Longest wait that is believed, in milliseconds: a day. */
const MAX_WAIT_MS = 86_400_000;

/**
 * Reads a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from
 * now, at most a day; undefined when it is absent or neither.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  wallMs: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
  // Anything else that a date parser takes, such as "-5" or "2", is not a date.
  if (!/[A-Za-z]{3}/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - wallMs), MAX_WAIT_MS);
}
