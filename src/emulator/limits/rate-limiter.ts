import type { Clock } from '../../lib/clock.ts';
import {
  matchesOperation,
  parseOperationPattern,
  type OperationPattern,
} from '../operation-pattern.ts';
import { RateWindow, type Instant } from './rate-window.ts';
import { refusalOf, type LimitKey, type Refusal } from './refusal.ts';
import { headersOf, type RateLimitHeaders } from './rate-limit-headers.ts';
import {
  DEFAULT_LIMIT_SETTINGS,
  withChange,
  type LimitChange,
  type LimitSettings,
} from './settings.ts';

/** One request as the limiter sees it. */
export interface LimitedCall {
  /** What the request is counted by first; any text that is one per access token. */
  readonly token: string;
  /** Organization, app and user of that token; all tokens of a client-credentials app share it. */
  readonly orgAppUser: string;
  /** Whether the token belongs to an app itself: its limit has a key of its own. */
  readonly clientCredentials: boolean;
  /** Method and path template: `GET /api/v2/conversations/{conversationId}`. */
  readonly operation: string;
}

/** What the limiter says; an answer carries `headers` in both cases. */
export type LimitVerdict =
  | { readonly allowed: true; readonly headers: RateLimitHeaders }
  | { readonly allowed: false; readonly headers: RateLimitHeaders; readonly error: Refusal };

export interface RateLimiter {
  readonly settings: LimitSettings;
  /** Counts the call, or refuses it. A refused call uses nothing unless `countRefused` is set. */
  take(call: LimitedCall): LimitVerdict;
  /** Changes some settings. Every count starts anew: half of a window under other rules means nothing. */
  configure(change: LimitChange): void;
  /** Forgets every window. */
  reset(): void;
  /** How many windows are kept; stays near the number of tokens in use. */
  readonly size: number;
}

/** One window that a call has to pass. */
interface Gate {
  readonly limit: LimitKey;
  readonly window: RateWindow;
}

/** Ended windows are thrown out whenever this many new ones were opened. */
const SWEEP_EVERY = 1024;

/**
 * Creates the platform's rate limiter: fixed windows per token, per organization, app and user, and
 * per operation where it has a limit of its own. A call must find room in all of them and then
 * counts in all of them. Headers tell of the narrowest, a 429 of the one that refused.
 */
export function createRateLimiter(
  clock: Pick<Clock, 'monotonicMs' | 'wallMs'>,
  initial: LimitChange = {},
): RateLimiter {
  let settings = withChange(DEFAULT_LIMIT_SETTINGS, initial);
  let endpoints = compileEndpoints(settings);
  const windows = new Map<string, RateWindow>();
  let opened = 0;

  const windowFor = (key: string, allowed: number, isShared: boolean, now: Instant): RateWindow => {
    const known = windows.get(key);
    if (known !== undefined) return known;
    if (++opened % SWEEP_EVERY === 0) sweep(windows, settings, now);
    const strangersPerMinute = isShared ? settings.strangersPerMinute : 0;
    const start = { used: settings.usedAtStart, openedBeforeMs: settings.openedBeforeMs };
    const rules = { ...settings, allowed, strangersPerMinute };
    const created = new RateWindow(rules, now, isShared ? start : undefined);
    windows.set(key, created);
    return created;
  };

  /** Narrowest first. */
  const gatesOf = (call: LimitedCall, now: Instant): Gate[] => {
    const { token, orgAppUser, operation } = call;
    const gates: Gate[] = [];
    const own = endpoints.find((endpoint) => matchesOperation(endpoint.pattern, operation));
    if (own !== undefined) {
      const window = windowFor(`e:${token} ${own.operation}`, own.perWindow, false, now);
      gates.push({ limit: 'endpoint', window });
    }
    const limit = call.clientCredentials ? 'client-token' : 'token';
    gates.push({ limit, window: windowFor(`t:${token}`, settings.tokenPerWindow, true, now) });
    const shared = windowFor(`o:${orgAppUser}`, settings.orgAppUserPerWindow, true, now);
    gates.push({ limit: 'org-app-user', window: shared });
    return gates;
  };

  return {
    get settings() {
      return settings;
    },
    get size() {
      return windows.size;
    },
    take(call) {
      const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
      return decide(gatesOf(call, now), now, settings);
    },
    configure(change) {
      settings = withChange(settings, change);
      endpoints = compileEndpoints(settings);
      windows.clear();
    },
    reset: () => windows.clear(),
  };
}

function decide(gates: readonly Gate[], now: Instant, settings: LimitSettings): LimitVerdict {
  for (const { window } of gates) window.catchUp(now);
  const refusing = gates.find(({ window }) => !window.hasRoom(now));
  if (refusing === undefined || settings.countRefused) {
    for (const { window } of gates) window.count(now);
  }
  const told = refusing ?? gates[0];
  if (told === undefined) return { allowed: true, headers: {} };
  const headers = headersOf(told.window, now, settings);
  if (refusing === undefined) return { allowed: true, headers };
  const { error, retryAfter } = refusalOf(refusing.limit, refusing.window, now, settings);
  return { allowed: false, headers: { ...headers, ...retryAfter }, error };
}

interface CompiledEndpoint {
  readonly operation: string;
  readonly perWindow: number;
  readonly pattern: OperationPattern;
}

const compileEndpoints = (settings: LimitSettings): readonly CompiledEndpoint[] =>
  settings.endpoints.map((endpoint) => ({
    ...endpoint,
    pattern: parseOperationPattern(endpoint.operation),
  }));

/** A window that ended says nothing any more, unless its key must be known not to be new. */
function sweep(windows: Map<string, RateWindow>, settings: LimitSettings, now: Instant): void {
  if (settings.usedAtStart > 0) return;
  for (const [key, window] of windows) {
    if (window.endsAtMs <= now.monotonicMs) windows.delete(key);
  }
}
