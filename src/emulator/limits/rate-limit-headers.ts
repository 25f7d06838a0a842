import type { Instant, RateWindow } from './rate-window.ts';
import type { LimitSettings } from './settings.ts';

/** Header names as the platform writes them, lower case. */
export type RateLimitHeaders = Readonly<
  Partial<
    Record<
      'inin-ratelimit-count' | 'inin-ratelimit-allowed' | 'inin-ratelimit-reset' | 'retry-after',
      string
    >
  >
>;

export function headersOf(
  window: RateWindow,
  now: Instant,
  settings: LimitSettings,
): RateLimitHeaders {
  if (!settings.headers) return {};
  const leftMs = Math.max(0, window.endsAtMs - now.monotonicMs);
  return {
    'inin-ratelimit-count': String(window.used),
    'inin-ratelimit-allowed': String(window.allowed),
    'inin-ratelimit-reset': String(resetSeconds(leftMs, settings)),
  };
}

function resetSeconds(leftMs: number, settings: LimitSettings): number {
  switch (settings.reset) {
    case 'up':
      return Math.ceil(leftMs / 1000);
    case 'down':
      return Math.floor(leftMs / 1000);
    case 'plus-one':
      return Math.ceil(leftMs / 1000) + 1;
    case 'constant':
      return Math.ceil(settings.windowMs / 1000) + 1;
  }
}
