import { describe, expect, it } from 'vitest';
import { parseConversationId, parseTraceId } from '../domain/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { silentLog } from '../lib/log.ts';
import { LookupError, type LookupErrorCode } from './errors.ts';
import { toSourceVerdict, type LookupAnswer } from './lookup.ts';
import { NamedSource } from './named-source.ts';
import { sourceOptionsSchema } from './options.ts';
import { NOT_FOUND, type Source, type SourceAnswer } from './source.ts';

const conversationId = parseConversationId('c1');
const traceId = parseTraceId('t1');

type Answer = () => SourceAnswer | Promise<SourceAnswer>;

/** A source that a test plays: it counts what it is asked and answers as told. */
class PlayedSource implements Source {
  readonly uses = { key: true, keyKind: false, conversationId: false };
  readonly signals: AbortSignal[] = [];
  repeatable = true;
  answer: Answer = () => gold;

  get asked(): number {
    return this.signals.length;
  }

  async read(_query: unknown, signal: AbortSignal): Promise<SourceAnswer> {
    this.signals.push(signal);
    return this.answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const gold: SourceAnswer = { found: true, value: { tier: 'gold' }, bytes: 20 };
const hang: Answer = () => new Promise(() => {});
const failWith =
  (code: LookupErrorCode, retryAfterMs?: number): Answer =>
  () => {
    throw new LookupError({ code, source: 'crm', message: 'is down', retryAfterMs });
  };
const dead = failWith('ERR_SOURCE_UNREACHABLE');

interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly source: PlayedSource;
  readonly named: NamedSource;
  ask(key?: string, signal?: AbortSignal): Promise<LookupAnswer>;
}

function stage(options: Record<string, unknown> = {}): Stage {
  const clock = new ManualClock();
  const source = new PlayedSource();
  const resolved = sourceOptionsSchema.parse({
    type: 'http',
    url: 'http://crm.invalid/{key}',
    timeoutMs: 800,
    retry: { retries: 0 },
    ...options,
  });
  const named = new NamedSource('crm', source, resolved, {
    clock,
    random: () => 1,
    log: silentLog,
  });
  return {
    clock,
    source,
    named,
    ask: (key = 'anna', signal = new AbortController().signal) =>
      named.lookup({ source: 'crm', key, conversationId, traceId, signal }),
    [Symbol.asyncDispose]: () => named[Symbol.asyncDispose](),
  };
}

const short = (answer: LookupAnswer): unknown[] => {
  const { answer: kind, from, reason } = toSourceVerdict(answer);
  return reason === undefined ? [kind, from] : [kind, from, reason];
};

describe('NamedSource', () => {
  it('answers from the source, then from the fresh cache, with the age', async () => {
    await using s = stage();
    expect(await s.ask()).toEqual({
      answer: 'found',
      source: 'crm',
      value: { tier: 'gold' },
      from: 'source',
      ageMs: 0,
      durationMs: 0,
    });
    await s.clock.advance(1000);
    expect(await s.ask()).toMatchObject({ from: 'fresh-cache', ageMs: 1000 });
    expect(s.source.asked).toBe(1);
  });

  it('asks again when an answer is no longer fresh', async () => {
    await using s = stage();
    await s.ask();
    await s.clock.advance(300_000);
    expect(short(await s.ask())).toEqual(['found', 'source']);
    expect(s.source.asked).toBe(2);
  });

  it('serves the stale value of a source that times out, and says so', async () => {
    await using s = stage();
    await s.ask();
    await s.clock.advance(300_000);
    s.source.answer = hang;
    const asked = s.ask();
    await s.clock.advance(800);
    expect(await asked).toMatchObject({
      answer: 'found',
      value: { tier: 'gold' },
      from: 'stale-cache',
      ageMs: 300_800,
      durationMs: 800,
      failure: { code: 'ERR_SOURCE_TIMEOUT', retryable: true },
    });
    expect(s.source.signals.at(-1)?.aborted).toBe(true);
  });

  it('gives a caller whose patience ends the stale value, or says that it failed', async () => {
    await using s = stage({ retry: { retries: 0 } });
    await s.ask();
    await s.clock.advance(300_000);
    s.source.answer = hang;
    const patience = new AbortController();
    const { signal } = new AbortController();
    const query = { source: 'crm', conversationId, traceId, signal, patience: patience.signal };
    const [known, unknown] = ['anna', 'ben'].map((key) => s.named.lookup({ ...query, key }));
    await s.clock.advance(100);
    patience.abort(new Error('the flow goes on'));
    expect(await known).toMatchObject({ from: 'stale-cache', durationMs: 100 });
    expect(await unknown).toMatchObject({
      answer: 'failed',
      failure: { code: 'ERR_SOURCE_TIMEOUT', retryable: true },
    });
  });

  it('fails, without a value, when the stale window is over too', async () => {
    await using s = stage();
    await s.ask();
    await s.clock.advance(300_000 + 3_600_000 + 1);
    s.source.answer = dead;
    expect(short(await s.ask())).toEqual(['failed', 'none', 'ERR_SOURCE_UNREACHABLE']);
  });

  it('remembers "not found" for a while, and never passes it off as an answer when the source fails', async () => {
    await using s = stage();
    s.source.answer = () => NOT_FOUND;
    expect(short(await s.ask())).toEqual(['not-found', 'source']);
    expect(short(await s.ask())).toEqual(['not-found', 'fresh-cache']);
    await s.clock.advance(30_000);
    s.source.answer = dead;
    expect(short(await s.ask())).toEqual(['failed', 'none', 'ERR_SOURCE_UNREACHABLE']);
  });

  it('replaces a found answer by "not found" when the source says so', async () => {
    await using s = stage();
    await s.ask();
    await s.clock.advance(300_000);
    s.source.answer = () => NOT_FOUND;
    await s.ask();
    await s.clock.advance(30_000);
    s.source.answer = dead;
    expect(short(await s.ask())).toEqual(['failed', 'none', 'ERR_SOURCE_UNREACHABLE']);
  });

  it('asks once for many callers of one key, and for each key by itself', async () => {
    await using s = stage();
    const answers = await Promise.all([s.ask('a'), s.ask('a'), s.ask('a'), s.ask('b')]);
    expect(s.source.asked).toBe(2);
    expect(answers.map(({ answer }) => answer)).toEqual(['found', 'found', 'found', 'found']);
  });

  it('rejects a caller who gives up with their reason, and answers the others', async () => {
    await using s = stage();
    const { promise, resolve } = Promise.withResolvers<SourceAnswer>();
    s.source.answer = () => promise;
    const leaver = new AbortController();
    const left = s.ask('anna', leaver.signal);
    const stayed = s.ask();
    leaver.abort(new Error('turn is over'));
    await expect(left).rejects.toThrow('turn is over');
    resolve(gold);
    expect(short(await stayed)).toEqual(['found', 'source']);
    expect(s.source.asked).toBe(1);
  });

  it('leaves a dead source alone after some failures, probes it, and comes back', async () => {
    await using s = stage();
    s.source.answer = dead;
    for (let i = 0; i < 5; i += 1) await s.ask(`key-${i}`);
    expect(s.named.state.breaker).toBe('open');
    expect(short(await s.ask('another'))).toEqual(['failed', 'none', 'ERR_SOURCE_BREAKER_OPEN']);
    expect(s.source.asked).toBe(5);
    await s.clock.advance(5000);
    s.source.answer = () => gold;
    expect(short(await s.ask('another'))).toEqual(['found', 'source']);
    expect(s.named.state.breaker).toBe('closed');
  });

  it('serves stale values at once while the breaker is open', async () => {
    await using s = stage();
    await s.ask();
    await s.clock.advance(300_000);
    s.source.answer = dead;
    for (let i = 0; i < 5; i += 1) await s.ask(`key-${i}`);
    expect(await s.ask()).toMatchObject({
      from: 'stale-cache',
      durationMs: 0,
      failure: { code: 'ERR_SOURCE_BREAKER_OPEN' },
    });
  });

  it('asks a flapping source less and less while it keeps failing', async () => {
    await using s = stage({ cache: { freshMs: 0, staleMs: 0, notFoundMs: 0 } });
    let calls = 0;
    s.source.answer = () => (++calls % 2 === 0 ? gold : dead());
    let refused = 0;
    for (let i = 0; i < 150; i += 1) {
      const answer = await s.ask();
      if (answer.answer === 'failed' && answer.failure.code === 'ERR_SOURCE_BREAKER_OPEN') {
        refused += 1;
      }
      await s.clock.advance(400);
    }
    expect(s.source.asked + refused).toBe(150);
    expect(refused).toBeGreaterThan(75);
    expect(s.named.state.answered.source).toBeGreaterThan(5);
  });

  it.each<LookupErrorCode>(['ERR_SOURCE_UNAUTHORIZED', 'ERR_SOURCE_REFUSED'])(
    'does not take %s of single questions for an outage',
    async (code) => {
      await using s = stage();
      s.source.answer = failWith(code);
      for (let i = 0; i < 20; i += 1) await s.ask(`key-${i}`);
      expect(s.named.state.breaker).toBe('closed');
      expect(s.source.asked).toBe(20);
    },
  );

  it('bounds what runs and what waits, and refuses the rest at once', async () => {
    await using s = stage({ bulkhead: { concurrent: 2, waiting: 3 } });
    s.source.answer = hang;
    const asked = Array.from({ length: 7 }, (_, i) => s.ask(`key-${i}`));
    const refused = await Promise.all(asked.slice(5));
    expect(refused.map(short)).toEqual([
      ['failed', 'none', 'ERR_SOURCE_BUSY'],
      ['failed', 'none', 'ERR_SOURCE_BUSY'],
    ]);
    expect(s.named.state).toMatchObject({ running: 2, waiting: 3 });
    await s.clock.advance(800);
    const rest = await Promise.all(asked.slice(0, 5));
    expect(new Set(rest.map((answer) => short(answer)[2]))).toEqual(
      new Set(['ERR_SOURCE_TIMEOUT']),
    );
    expect(s.named.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('repeats after a passing failure, jittered, within the time it has', async () => {
    await using s = stage({ retry: { retries: 3, baseMs: 100 } });
    const answers = [dead, dead, (): SourceAnswer => gold];
    s.source.answer = () => (answers.shift() ?? dead)();
    const asked = s.ask();
    await s.clock.advance(100);
    expect(s.source.asked).toBe(2);
    await s.clock.advance(200);
    expect(await asked).toMatchObject({ answer: 'found', durationMs: 300 });
  });

  it('never repeats what is not safe to repeat', async () => {
    await using s = stage({ retry: { retries: 3 } });
    s.source.repeatable = false;
    s.source.answer = dead;
    await s.ask();
    expect(s.source.asked).toBe(1);
  });

  it('waits as long as the source asks for, unless that is longer than there is time', async () => {
    await using s = stage({ retry: { retries: 1 } });
    s.source.answer = failWith('ERR_SOURCE_RATE_LIMITED', 700);
    const patient = s.ask('a');
    await s.clock.advance(700);
    expect(await patient).toMatchObject({ durationMs: 700 });
    expect(s.source.asked).toBe(2);
    s.source.answer = failWith('ERR_SOURCE_RATE_LIMITED', 900);
    expect(await s.ask('b')).toMatchObject({
      durationMs: 0,
      failure: { retryAfterMs: 900 },
    });
    expect(s.source.asked).toBe(3);
  });

  it('calls what a source throws unexpectedly a defect, without quoting it', async () => {
    await using s = stage();
    s.source.answer = () => {
      throw new TypeError('cannot read +15551230001');
    };
    const answer = await s.ask();
    expect(short(answer)).toEqual(['failed', 'none', 'ERR_SOURCE_DEFECT']);
    expect(JSON.stringify(answer)).not.toContain('+1555');
  });

  it('keeps an old copy that the source itself gave out of the cache', async () => {
    await using s = stage();
    const cause = new LookupError({ code: 'ERR_SOURCE_FILE', source: 'crm', message: 'is gone' });
    s.source.answer = () => ({ found: true, value: 1, bytes: 1, outdated: { ageMs: 5, cause } });
    expect(await s.ask()).toMatchObject({
      from: 'stale-cache',
      ageMs: 5,
      failure: { code: 'ERR_SOURCE_FILE' },
    });
    expect(s.named.state.cached).toBe(0);
  });

  it.each([
    ['an empty key', '', 'ERR_SOURCE_KEY_MISSING'],
    ['a blank key', '  ', 'ERR_SOURCE_KEY_MISSING'],
    ['line breaks', 'a\r\nx-admin: 1', 'ERR_SOURCE_KEY_REFUSED'],
    ['a NUL', 'a\0b', 'ERR_SOURCE_KEY_REFUSED'],
    ['half a character', 'a\ud800', 'ERR_SOURCE_KEY_REFUSED'],
    ['a novel', 'a'.repeat(513), 'ERR_SOURCE_KEY_REFUSED'],
  ])('refuses %s before the source is asked', async (_name, key, code) => {
    await using s = stage();
    expect(short(await s.ask(key))).toEqual(['failed', 'none', code]);
    expect(s.source.asked).toBe(0);
  });

  it('gives up what is running when it is disposed, and leaves no timer', async () => {
    const s = stage();
    s.source.answer = hang;
    const asked = s.ask();
    await s.named[Symbol.asyncDispose]();
    expect(short(await asked)).toEqual(['failed', 'none', 'ERR_SOURCE_CLOSED']);
    expect(short(await s.ask())).toEqual(['failed', 'none', 'ERR_SOURCE_CLOSED']);
    expect(s.clock.pendingTimers).toBe(0);
  });
});
