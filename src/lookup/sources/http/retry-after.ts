/**
 * Reads a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from
 * now; undefined when it is absent or neither.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  wallMs: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - wallMs);
}
