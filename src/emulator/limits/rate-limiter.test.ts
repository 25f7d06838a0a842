import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { createRateLimiter, type LimitedCall, type LimitVerdict } from './rate-limiter.ts';
import type { LimitSettings } from './settings.ts';

const GET_CONVERSATION = 'GET /api/v2/conversations/{conversationId}';
const NINE = Date.UTC(2026, 0, 5, 9);
const RUNS = Number(process.env['RAPPORT_RUNS'] ?? 200);

function call(overrides: Partial<LimitedCall> = {}): LimitedCall {
  return {
    token: 'token-1',
    orgAppUser: 'app-1',
    clientCredentials: true,
    operation: GET_CONVERSATION,
    ...overrides,
  };
}

function setUp(settings: Partial<LimitSettings> = {}, startMs = NINE) {
  const clock = new ManualClock(startMs);
  const limiter = createRateLimiter(clock, settings);
  const takeMany = (count: number, of = call()): LimitVerdict[] =>
    Array.from({ length: count }, () => limiter.take(of));
  return { clock, limiter, takeMany };
}

const granted = (verdicts: readonly LimitVerdict[]): number =>
  verdicts.filter((verdict) => verdict.allowed).length;

const countOf = (verdict: LimitVerdict): string | undefined =>
  verdict.headers['inin-ratelimit-count'];
const resetOf = (verdict: LimitVerdict): string | undefined =>
  verdict.headers['inin-ratelimit-reset'];

describe('createRateLimiter', () => {
  it('grants 300 calls per token and refuses the 301st with the three headers and Retry-After', async () => {
    const { clock, limiter, takeMany } = setUp();
    expect(granted(takeMany(300))).toBe(300);
    await clock.advance(17_500);
    expect(limiter.take(call())).toEqual({
      allowed: false,
      headers: {
        'inin-ratelimit-count': '300',
        'inin-ratelimit-allowed': '300',
        'inin-ratelimit-reset': '44',
        'retry-after': '43',
      },
      error: {
        status: 429,
        code: 'too.many.requests.retry.after',
        message: 'Rate limit exceeded the maximum. Retry the request in [43] seconds',
        messageWithParams:
          'Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds',
        messageParams: { seconds: '43' },
        limit: {
          key: 'client.credentials.token.rate.per.minute',
          namespace: 'platform.api',
          value: 300,
        },
      },
    });
  });

  it('opens the next window with the first call after the last one ended', async () => {
    const { clock, limiter, takeMany } = setUp({ tokenPerWindow: 2, reset: 'up' });
    takeMany(2);
    await clock.advance(59_999);
    expect(limiter.take(call()).allowed).toBe(false);
    await clock.advance(30_001);
    expect(resetOf(limiter.take(call()))).toBe('60');
    await clock.advance(59_999);
    expect(granted(takeMany(2))).toBe(1);
    await clock.advance(1);
    expect(granted(takeMany(3))).toBe(2);
  });

  it('turns windows at whole minutes of the wall clock when they are aligned', async () => {
    const { clock, limiter, takeMany } = setUp(
      { tokenPerWindow: 2, opens: 'aligned', reset: 'up' },
      NINE + 50_000,
    );
    expect(resetOf(limiter.take(call()))).toBe('10');
    expect(granted(takeMany(5))).toBe(1);
    await clock.advance(9_999);
    expect(limiter.take(call()).allowed).toBe(false);
    await clock.advance(1);
    expect(granted(takeMany(5))).toBe(2);
  });

  it.for([
    ['up', '42'],
    ['down', '41'],
    ['plus-one', '43'],
    ['constant', '61'],
  ] as const)('tells the rest of a window rounded %s', async ([reset, expected]) => {
    const { clock, limiter } = setUp({ reset });
    limiter.take(call());
    await clock.advance(18_300);
    expect(resetOf(limiter.take(call()))).toBe(expected);
  });

  it('refuses a new token of the same app once the app has used what it may', () => {
    const { limiter, takeMany } = setUp({ tokenPerWindow: 3, orgAppUserPerWindow: 4 });
    takeMany(3);
    expect(limiter.take(call({ token: 'token-2' })).allowed).toBe(true);
    const verdict = limiter.take(call({ token: 'token-2' }));
    expect(verdict).toMatchObject({
      allowed: false,
      headers: { 'inin-ratelimit-allowed': '4' },
      error: { limit: { key: 'org.app.user.rate.per.minute', value: 4 } },
    });
    expect(limiter.take(call({ token: 'token-9', orgAppUser: 'app-2' })).allowed).toBe(true);
  });

  it('names the limit of a user token by its own key', () => {
    const { limiter } = setUp({ tokenPerWindow: 1 });
    limiter.take(call({ clientCredentials: false }));
    expect(limiter.take(call({ clientCredentials: false }))).toMatchObject({
      error: { limit: { key: 'token.rate.per.minute' } },
    });
  });

  it('holds an operation to its own limit, tells of it, and leaves the others alone', () => {
    const operation = 'PUT /api/v2/architect/ivrs/{ivrId}';
    const { limiter } = setUp({
      endpoints: [{ operation: 'PUT /api/v2/architect/ivrs/*', perWindow: 1 }],
    });
    expect(limiter.take(call({ operation })).headers['inin-ratelimit-allowed']).toBe('1');
    expect(limiter.take(call({ operation })).allowed).toBe(false);
    const other = limiter.take(call());
    expect(other.headers).toMatchObject({
      'inin-ratelimit-allowed': '300',
      'inin-ratelimit-count': '2',
    });
  });

  it('does not count a refused call, unless told to', () => {
    const free = setUp({ tokenPerWindow: 2 }).takeMany(5);
    expect(free.map(countOf)).toEqual(['1', '2', '2', '2', '2']);
    const counted = setUp({ tokenPerWindow: 2, countRefused: true }).takeMany(5);
    expect(counted.map(countOf)).toEqual(['1', '2', '3', '4', '5']);
    expect(granted(counted)).toBe(2);
  });

  it('gives a date in Retry-After that is not too early, or none at all', async () => {
    const dated = setUp({ tokenPerWindow: 1, retryAfter: 'date' }, NINE + 400);
    dated.limiter.take(call());
    const verdict = dated.limiter.take(call());
    expect(verdict.headers['retry-after']).toBe('Mon, 05 Jan 2026 09:01:01 GMT');
    const bare = setUp({ tokenPerWindow: 1, retryAfter: 'none' }).takeMany(2);
    expect(bare[1]?.headers).not.toHaveProperty('retry-after');
  });

  it('answers with the older code and without headers where that is set', () => {
    const { takeMany } = setUp({ tokenPerWindow: 1, refusal: 'older', headers: false });
    const [first, second] = takeMany(2);
    expect(first).toEqual({ allowed: true, headers: {} });
    expect(second).toMatchObject({
      headers: { 'retry-after': '60' },
      error: {
        code: 'too.many.requests',
        message: 'Rate limit exceeded the maximum [1] requests within [60] seconds',
      },
    });
  });

  it('starts a token in a window that strangers opened and partly used', async () => {
    const { clock, takeMany } = setUp({ usedAtStart: 250, openedBeforeMs: 20_000, reset: 'up' });
    const verdicts = takeMany(60);
    expect(verdicts[0]?.headers).toMatchObject({
      'inin-ratelimit-count': '251',
      'inin-ratelimit-reset': '40',
    });
    expect(granted(verdicts)).toBe(50);
    await clock.advance(40_000);
    expect(granted(takeMany(310))).toBe(300);
  });

  it('lets strangers use the window at their rate, to the last request', async () => {
    const { clock, limiter, takeMany } = setUp({ tokenPerWindow: 10, strangersPerMinute: 60 });
    expect(countOf(limiter.take(call()))).toBe('1');
    await clock.advance(3_000);
    expect(countOf(limiter.take(call()))).toBe('5');
    await clock.advance(30_000);
    const late = limiter.take(call());
    expect(late.allowed).toBe(false);
    expect(countOf(late)).toBe('10');
    await clock.advance(27_000);
    expect(granted(takeMany(12))).toBe(9);
  });

  it('lets strangers open windows while nobody else calls', async () => {
    const { clock, limiter } = setUp({ strangersPerMinute: 6, reset: 'up' });
    limiter.take(call());
    await clock.advance(25 * 3_600_000 + 4_000);
    const verdict = limiter.take(call());
    // Strangers come at every full ten seconds, so one of them opened a window at every full minute.
    expect(verdict.headers).toMatchObject({
      'inin-ratelimit-count': '2',
      'inin-ratelimit-reset': '56',
    });
  });

  it('counts anew after a change of settings and after a reset', () => {
    const { limiter, takeMany } = setUp({ tokenPerWindow: 1 });
    takeMany(1);
    limiter.configure({ tokenPerWindow: 2 });
    expect(granted(takeMany(3))).toBe(2);
    limiter.reset();
    expect(granted(takeMany(3))).toBe(2);
  });

  it('forgets the windows of tokens that are no longer used', async () => {
    const { clock, limiter } = setUp();
    for (let minute = 0; minute < 10; minute++) {
      for (let i = 0; i < 1000; i++) limiter.take(call({ token: `token-${minute}-${i}` }));
      await clock.advance(60_001);
    }
    expect(limiter.size).toBeLessThan(2_100);
  });
});

interface Step {
  readonly waitMs: number;
  readonly token: number;
}

const stepsArbitrary = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.constantFrom(1, 59_999, 60_000), fc.nat(70_000)),
    token: fc.nat(2),
  }),
  { maxLength: 120 },
);

const rulesArbitrary = fc.record({
  tokenPerWindow: fc.integer({ min: 1, max: 12 }),
  orgAppUserPerWindow: fc.integer({ min: 1, max: 20 }),
  opens: fc.constantFrom('first-call' as const, 'aligned' as const),
  reset: fc.constantFrom('up' as const, 'down' as const),
  countRefused: fc.boolean(),
});

/** Splits instants into the platform's windows, by a way of its own: no counting as it goes. */
function windowsOf(times: readonly number[], opens: 'first-call' | 'aligned'): number[] {
  if (opens === 'aligned') {
    const minutes = times.map((ms) => Math.floor(ms / 60_000));
    return [...new Set(minutes)].map((minute) => minutes.filter((m) => m === minute).length);
  }
  const [first] = times;
  if (first === undefined) return [];
  const rest = times.filter((ms) => ms >= first + 60_000);
  return [times.length - rest.length, ...windowsOf(rest, opens)];
}

async function play(steps: readonly Step[], settings: Partial<LimitSettings>, startMs: number) {
  const { clock, limiter } = setUp(settings, startMs);
  const log: { atMs: number; token: string; verdict: LimitVerdict }[] = [];
  for (const step of steps) {
    await clock.advance(step.waitMs);
    const token = `token-${step.token}`;
    log.push({ atMs: clock.wallMs(), token, verdict: limiter.take(call({ token })) });
  }
  return log;
}

describe('property: a window never takes more than it allows', () => {
  it('for every token and for the app, whatever the calls and the kind of window', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepsArbitrary,
        rulesArbitrary,
        fc.nat(120_000),
        async (steps, rules, offsetMs) => {
          const log = await play(steps, rules, NINE + offsetMs);
          const grants = log.filter(({ verdict }) => verdict.allowed);
          const fullest = (entries: typeof log): number =>
            Math.max(
              0,
              ...windowsOf(
                entries.map(({ atMs }) => atMs),
                rules.opens,
              ),
            );
          expect(fullest(grants)).toBeLessThanOrEqual(rules.orgAppUserPerWindow);
          for (const token of ['token-0', 'token-1', 'token-2']) {
            const own = grants.filter((entry) => entry.token === token);
            expect(fullest(own)).toBeLessThanOrEqual(rules.tokenPerWindow);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('and refuses only when one of its windows is full', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepsArbitrary,
        rulesArbitrary,
        fc.nat(120_000),
        async (steps, rules, offsetMs) => {
          // A refused call that counts may open a window that grants alone do not show.
          const log = await play(steps, { ...rules, countRefused: false }, NINE + offsetMs);
          const lastWindow = (entries: typeof log, untilMs: number): number => {
            const times = entries.filter((entry) => entry.atMs > untilMs - 60_000);
            return times.length;
          };
          log.forEach((entry, i) => {
            if (entry.verdict.allowed) return;
            const before = log.slice(0, i).filter(({ verdict }) => verdict.allowed);
            const own = before.filter(({ token }) => token === entry.token);
            const isFull =
              lastWindow(own, entry.atMs) >= rules.tokenPerWindow ||
              lastWindow(before, entry.atMs) >= rules.orgAppUserPerWindow;
            expect(isFull).toBe(true);
          });
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('and a call that comes back after Retry-After is granted', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepsArbitrary,
        rulesArbitrary,
        fc.nat(120_000),
        async (steps, rules, offsetMs) => {
          const { clock, limiter } = setUp(rules, NINE + offsetMs);
          for (const step of steps) {
            await clock.advance(step.waitMs);
            const verdict = limiter.take(call());
            if (verdict.allowed) continue;
            await clock.advance(Number(verdict.headers['retry-after']) * 1000);
            expect(limiter.take(call()).allowed).toBe(true);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
