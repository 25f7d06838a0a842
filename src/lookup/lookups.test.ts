import { describe, expect, it } from 'vitest';
import { json, silence, startCrmServer, type CrmServer } from '../../test/support/crm-server.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { aLookup } from './lookup.fixture.ts';
import { toSourceVerdict, type LookupAnswer, type LookupRequest } from './lookup.ts';
import { createLookups, type Lookups } from './lookups.ts';
import { sourcesSchema } from './options.ts';

interface Stage extends AsyncDisposable {
  readonly crm: CrmServer;
  readonly clock: ManualClock;
  readonly lookups: Lookups;
  ask(source: string, key?: string, more?: Partial<LookupRequest>): Promise<LookupAnswer>;
}

/** A CRM over HTTP on a real server, and a list of VIPs. */
async function stage(options: Record<string, unknown> = {}): Promise<Stage> {
  const crm = await startCrmServer(json(200, { tier: 'gold' }));
  const clock = new ManualClock();
  const sources = sourcesSchema.parse({
    crm: { type: 'http', url: `${crm.url}/c/{key}`, retry: { retries: 0 }, ...options },
    vips: { type: 'static', values: { anna: { vip: true }, nobody: null } },
  });
  const lookups = createLookups(sources, { clock, random: () => 0.5 });
  return {
    crm,
    clock,
    lookups,
    ask: (source, key = 'anna', more = {}) =>
      lookups.lookup(aLookup({ source, key, keyKind: 'externalId', ...more })),
    async [Symbol.asyncDispose]() {
      await lookups[Symbol.asyncDispose]();
      await crm[Symbol.asyncDispose]();
    },
  };
}

const verdict = (answer: LookupAnswer): string => {
  const { answer: kind, from, reason = '' } = toSourceVerdict(answer);
  return `${kind} ${from} ${reason}`.trimEnd();
};

describe('createLookups', () => {
  it('connects to nothing before it is asked, and names its sources in their order', async () => {
    await using s = await stage();
    expect(s.lookups.sources).toEqual(['crm', 'vips']);
    expect(s.crm.requests).toEqual([]);
    expect(s.lookups.usesOf('nowhere')).toBeUndefined();
  });

  it('finds in values that are written down, and never in what every object has', async () => {
    await using s = await stage();
    expect(await s.ask('vips')).toMatchObject({ answer: 'found', value: { vip: true } });
    for (const key of ['nobody', 'toString', '__proto__', 'constructor']) {
      expect(verdict(await s.ask('vips', key))).toBe('not-found source');
    }
  });

  it('rejects a name that no source has, and says which there are', async () => {
    await using s = await stage();
    await expect(s.ask('cmr')).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNKNOWN',
      message: expect.stringContaining('crm, vips') as string,
    });
  });

  it('goes through a CRM’s bad day: found, stale, left alone, probed, back', async () => {
    await using s = await stage({ timeoutMs: 500, cache: { freshMs: 1000, staleMs: 600_000 } });
    const day: string[] = [];
    const note = async (asked: Promise<LookupAnswer>): Promise<void> => {
      day.push(verdict(await asked));
    };
    await note(s.ask('crm'));
    await note(s.ask('crm'));
    await s.clock.advance(1000);
    s.crm.respond = json(503, {});
    for (const key of ['anna', 'b', 'c']) await note(s.ask('crm', key));
    s.crm.respond = silence;
    const waiting = s.ask('crm');
    await s.crm.arrivals(5);
    await s.clock.advance(500);
    await note(waiting);
    await note(s.ask('crm'));
    await s.clock.advance(5000);
    s.crm.respond = json(200, { tier: 'platinum' });
    await note(s.ask('crm'));
    await note(s.ask('crm'));
    expect(day).toEqual([
      'found source',
      'found fresh-cache',
      'found stale-cache ERR_SOURCE_UNAVAILABLE',
      'failed none ERR_SOURCE_UNAVAILABLE',
      'failed none ERR_SOURCE_UNAVAILABLE',
      'found stale-cache ERR_SOURCE_TIMEOUT',
      'found stale-cache ERR_SOURCE_BREAKER_OPEN',
      'found source',
      'found fresh-cache',
    ]);
    expect(s.crm.requests).toHaveLength(6);
    expect(s.lookups.states().get('crm')).toMatchObject({
      breaker: 'closed',
      running: 0,
      cached: 1,
      answered: { source: 2, 'fresh-cache': 2, 'stale-cache': 3, failed: 2 },
    });
  });

  it('lets a slow source hold back no other one', async () => {
    await using s = await stage({ bulkhead: { concurrent: 1, waiting: 0 } });
    s.crm.respond = silence;
    const slow = s.ask('crm');
    await s.crm.arrivals(1);
    expect(verdict(await s.ask('vips'))).toBe('found source');
    expect(verdict(await s.ask('crm', 'b'))).toBe('failed none ERR_SOURCE_BUSY');
    await s.clock.advance(2000);
    expect(verdict(await slow)).toBe('failed none ERR_SOURCE_TIMEOUT');
  });

  it('gives a caller whose patience ends the stale value, and lets the others wait on', async () => {
    await using s = await stage({ cache: { freshMs: 1000 } });
    await s.ask('crm');
    await s.clock.advance(1000);
    s.crm.respond = silence;
    const patience = new AbortController();
    const hurried = s.ask('crm', 'anna', { patience: patience.signal });
    const patient = s.ask('crm');
    await s.crm.arrivals(2);
    patience.abort();
    expect(verdict(await hurried)).toBe('found stale-cache ERR_SOURCE_TIMEOUT');
    expect(s.lookups.states().get('crm')).toMatchObject({ inFlight: 1 });
    await s.clock.advance(2000);
    expect(verdict(await patient)).toBe('found stale-cache ERR_SOURCE_TIMEOUT');
  });

  it('forgets a person, also one who is being looked up', async () => {
    await using s = await stage();
    await s.ask('crm');
    expect(s.lookups.forget((key) => key === 'anna')).toBe(1);
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    s.crm.respond = (request, response) => {
      void mayAnswer.then(() => json(200, { tier: 'gold' })(request, response));
    };
    const asked = s.ask('crm');
    await s.crm.arrivals(2);
    s.lookups.forget((key) => key === 'anna');
    answer();
    expect(verdict(await asked)).toBe('found source');
    expect(s.lookups.states().get('crm')).toMatchObject({ cached: 0 });
  });

  it('leaves no timer when it is disposed, whatever was cached or under way', async () => {
    const s = await stage();
    await s.ask('crm');
    s.crm.respond = silence;
    const asked = s.ask('crm', 'b');
    await s.crm.arrivals(2);
    await s[Symbol.asyncDispose]();
    expect(verdict(await asked)).toBe('failed none ERR_SOURCE_CLOSED');
    expect(s.clock.pendingTimers).toBe(0);
  });
});
