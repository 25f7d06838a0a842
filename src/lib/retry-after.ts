/**
 * Reads a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from
 * now; undefined when it is absent or neither.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  wallMs: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Anything else that a date parser takes, such as "-5" or "2", is not a date.
  if (!/[A-Za-z]{3}/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - wallMs);
}
