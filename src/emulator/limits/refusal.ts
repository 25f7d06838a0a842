import type { RateLimitHeaders } from './rate-limit-headers.ts';
import type { Instant, RateWindow } from './rate-window.ts';
import type { LimitSettings } from './settings.ts';

/** Which of the limits a window enforces. */
export type LimitKey = 'endpoint' | 'token' | 'client-token' | 'org-app-user';

/** The body of a 429, an `ErrorBody` of the contract but for `contextId`, which is the answer's own. */
export interface Refusal {
  readonly message: string;
  readonly code: 'too.many.requests.retry.after' | 'too.many.requests';
  readonly status: 429;
  readonly messageWithParams: string;
  readonly messageParams: Readonly<Record<string, string>>;
  readonly limit: { readonly key: string; readonly namespace: string; readonly value: number };
}

/** Keys of namespace `platform.api`. Source: developer centre, limits page, checked 2026-11; the endpoint's is assumed. */
const LIMIT_KEYS: Readonly<Record<LimitKey, string>> = {
  endpoint: 'endpoint.rate.per.minute',
  token: 'token.rate.per.minute',
  'client-token': 'client.credentials.token.rate.per.minute',
  'org-app-user': 'org.app.user.rate.per.minute',
};

export function refusalOf(
  key: LimitKey,
  window: RateWindow,
  now: Instant,
  settings: LimitSettings,
): { readonly error: Refusal; readonly retryAfter: RateLimitHeaders } {
  const leftMs = Math.max(0, window.endsAtMs - now.monotonicMs);
  // Whole seconds that surely reach past the window's end, whatever `reset` is rounded to.
  const seconds = Math.max(1, Math.ceil(leftMs / 1000));
  const limit = { key: LIMIT_KEYS[key], namespace: 'platform.api', value: window.allowed };
  return {
    error: { ...wordsOf(seconds, window.allowed, settings), status: 429, limit },
    retryAfter: retryAfterOf(seconds, now, settings),
  };
}

function wordsOf(
  seconds: number,
  allowed: number,
  settings: LimitSettings,
): Pick<Refusal, 'code' | 'message' | 'messageWithParams' | 'messageParams'> {
  if (settings.refusal === 'older') {
    const windowSeconds = String(settings.windowMs / 1000);
    return {
      code: 'too.many.requests',
      message: `Rate limit exceeded the maximum [${allowed}] requests within [${windowSeconds}] seconds`,
      messageWithParams:
        'Rate limit exceeded the maximum [{allowed}] requests within [{seconds}] seconds',
      messageParams: { allowed: String(allowed), seconds: windowSeconds },
    };
  }
  return {
    code: 'too.many.requests.retry.after',
    message: `Rate limit exceeded the maximum. Retry the request in [${seconds}] seconds`,
    messageWithParams: 'Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds',
    messageParams: { seconds: String(seconds) },
  };
}

function retryAfterOf(seconds: number, now: Instant, settings: LimitSettings): RateLimitHeaders {
  switch (settings.retryAfter) {
    case 'none':
      return {};
    case 'seconds':
      return { 'retry-after': String(seconds) };
    case 'date': {
      // HTTP dates have whole seconds and are cut off: the next one is surely not too early.
      const at = new Date((Math.ceil(now.wallMs / 1000) + seconds) * 1000);
      return { 'retry-after': at.toUTCString() };
    }
  }
}
