/** How long the server asked to wait, when it gave a number; in milliseconds, else 0. */
export function retryAfterOf(error: unknown): number {
  const details = error instanceof Error && 'details' in error ? error.details : undefined;
  const value = (details as { retryAfterMs?: unknown } | undefined)?.retryAfterMs;
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0;
}
