import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../domain/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { isRapportError } from '../domain/errors.ts';
import { createAgents } from './agents.ts';
import { createAttendanceBook } from './attendance.ts';
import { createKey, createKeyRing, hashKey } from './keys.ts';
import { accessOptions } from './options.ts';
import { actorOf, may, maySee, type Principal } from './principal.ts';
import { createRateLimit } from './rate-limit.ts';
import { createTickets, type TicketBearer, type TicketTarget } from './tickets.ts';

const desk = createKey({ name: 'console', scopes: ['read', 'stats'] });
const reader: Principal = {
  kind: 'key',
  name: 'console',
  hash: desk.record.hash,
  scopes: new Set(['read', 'stats']),
};
const ann: Principal = { kind: 'user', userId: 'ann', believedUntil: 300_000 };

/** As the ledger does it for all instances. */
function takesOnce(): (id: string) => Promise<boolean> {
  const taken = new Set<string>();
  return async (id) => taken.size < taken.add(id).size;
}

describe('createKeyRing', () => {
  it('knows a key by its hash alone, with its scopes', () => {
    const { key, record } = createKey({ name: 'crm', scopes: ['enrich'] });
    const ring = createKeyRing({ records: [record], clock: new ManualClock() });
    expect(JSON.stringify(record)).not.toContain(key.slice(3));
    expect(ring.identify(`Bearer ${key}`)).toEqual({
      kind: 'key',
      name: 'crm',
      hash: record.hash,
      scopes: new Set(['enrich']),
    });
    expect(ring.identify(`bearer  ${key}`)).toBeDefined();
  });

  it.each([undefined, '', 'Bearer', 'Bearer  ', 'Bearer wrong', 'Basic abc', 'Bearer a b'])(
    'knows nobody by %j',
    (header) => {
      const { record } = createKey({ name: 'crm', scopes: ['enrich'] });
      const ring = createKeyRing({ records: [record], clock: new ManualClock() });
      expect(ring.identify(header)).toBeUndefined();
    },
  );

  it('does not take a stored hash for a key', () => {
    const { record } = createKey({ name: 'crm', scopes: ['enrich'] });
    const ring = createKeyRing({ records: [record], clock: new ManualClock() });
    expect(ring.identify(`Bearer ${record.hash}`)).toBeUndefined();
  });

  it('ends a key at its time', async () => {
    const clock = new ManualClock();
    const expiresAt = clock.wallMs() + 1000;
    const { key, record } = createKey({ name: 'crm', scopes: ['enrich'], expiresAt });
    const ring = createKeyRing({ records: [record], clock });
    await clock.advance(999);
    expect(ring.identify(`Bearer ${key}`)).toBeDefined();
    expect(ring.named('crm')).toEqual(ring.identify(`Bearer ${key}`));
    await clock.advance(1);
    expect(ring.identify(`Bearer ${key}`)).toBeUndefined();
    expect(ring.named('crm')).toBeUndefined();
  });

  it('lets the master key do everything', () => {
    const ring = createKeyRing({
      records: [],
      masterKey: 'm'.repeat(16),
      clock: new ManualClock(),
    });
    const master = ring.identify(`Bearer ${'m'.repeat(16)}`);
    expect(master !== undefined && may(master, 'audit') && may(master, 'events')).toBe(true);
  });

  it('makes another key each time', () => {
    const parts = { name: 'x', scopes: ['read'] } as const;
    expect(createKey(parts).key).not.toBe(createKey(parts).key);
  });
});

describe('may', () => {
  it('gives a key what its scopes say and a person only what a desktop needs', () => {
    expect(may(reader, 'read')).toBe(true);
    expect(may(reader, 'write')).toBe(false);
    expect(may(ann, 'read')).toBe(true);
    expect(may(ann, 'audit')).toBe(false);
  });
});

describe('maySee', () => {
  it('shows a conversation to a key that may read, and to a person who is on it', () => {
    const hers = { userIds: new Set(['ann', 'ben']) };
    const theirs = { userIds: new Set(['ben']) };
    expect(maySee(reader, theirs)).toBe(true);
    expect(maySee({ ...reader, scopes: new Set(['enrich']) }, theirs)).toBe(false);
    expect(maySee(ann, hers)).toBe(true);
    expect(maySee(ann, theirs)).toBe(false);
    expect([actorOf(reader), actorOf(ann)]).toEqual(['key:console', 'user:ann']);
  });
});

describe('createRateLimit', () => {
  it('never lets more than two seconds of requests through in any second', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(400), { maxLength: 200 }),
        async (perSecond, waits) => {
          const clock = new ManualClock(0);
          const rate = createRateLimit({ perSecond, clock });
          const passed: number[] = [];
          for (const wait of waits) {
            await clock.advance(wait);
            const waitMs = rate.take('a');
            if (waitMs === undefined) passed.push(clock.monotonicMs());
            expect(waitMs ?? 1).toBeGreaterThan(0);
            const recent = passed.filter((at) => at > clock.monotonicMs() - 1000);
            expect(recent.length).toBeLessThanOrEqual(2 * perSecond);
          }
        },
      ),
      { numRuns: 40 },
    ));

  it('lets a caller in again when the time that it was told has passed', async () => {
    const clock = new ManualClock(0);
    const rate = createRateLimit({ perSecond: 4, clock });
    for (let n = 0; n < 4; n += 1) expect(rate.take('a')).toBeUndefined();
    const waitMs = rate.take('a') ?? 0;
    expect(waitMs).toBe(250);
    await clock.advance(waitMs);
    expect(rate.take('a')).toBeUndefined();
  });
});

describe('createTickets', () => {
  const secret = Buffer.alloc(32, 7);
  const ring = createKeyRing({ records: [desk.record], clock: new ManualClock() });
  const recall = (bearer: TicketBearer): Principal | undefined =>
    'user' in bearer
      ? { kind: 'user', userId: bearer.user, believedUntil: bearer.until }
      : ring.named(bearer.key);
  const target: TicketTarget = {
    kind: 'conversation',
    conversationId: parseConversationId('c1'),
  };

  it('opens one stream, once, for whom it was issued, on any instance', async () => {
    const clock = new ManualClock();
    const takeOnce = takesOnce();
    const [here, there] = [
      createTickets({ clock, secret, takeOnce, recall }),
      createTickets({ clock, secret, takeOnce, recall }),
    ];
    const { ticket } = here.issue(ann, target);
    expect(await there.redeem(ticket, target)).toEqual({ kind: 'redeemed', principal: ann });
    const again = { kind: 'refused', reason: 'used' };
    expect(await there.redeem(ticket, target)).toEqual(again);
    expect(await here.redeem(ticket, target)).toEqual(again);
    const forKey = here.issue(reader, { kind: 'all' });
    expect(await here.redeem(forKey.ticket, { kind: 'all' })).toEqual({
      kind: 'redeemed',
      principal: reader,
    });
  });

  it('refuses another stream, another secret, another text, and one that is too old', async () => {
    const clock = new ManualClock();
    const takeOnce = takesOnce();
    const tickets = createTickets({ clock, secret, takeOnce, recall });
    const { ticket } = tickets.issue(ann, target);
    const foreign = createTickets({ clock, takeOnce, recall, secret: Buffer.alloc(32, 8) }).issue(
      ann,
      target,
    );
    expect(await tickets.redeem(ticket, { kind: 'all' })).toMatchObject({ reason: 'other-target' });
    for (const text of ['', '.', 'a.b', `${ticket}x`, `x${ticket}`, foreign.ticket]) {
      expect(await tickets.redeem(text, target)).toEqual({ kind: 'refused', reason: 'invalid' });
    }
    await clock.advance(30_000);
    expect(await tickets.redeem(ticket, target)).toEqual({ kind: 'refused', reason: 'expired' });
  });

  it('is good for nothing once its key is not', async () => {
    const clock = new ManualClock();
    const tickets = createTickets({
      clock,
      secret,
      takeOnce: takesOnce(),
      recall: () => undefined,
    });
    const { ticket } = tickets.issue(reader, target);
    expect(await tickets.redeem(ticket, target)).toEqual({ kind: 'refused', reason: 'revoked' });
  });
});

describe('accessOptions', () => {
  it('takes what `keys create` prints, with an end', () => {
    const hash = hashKey('k');
    const keys = [{ name: 'crm', hash, scopes: ['enrich'], expiresAt: '2027-01-01T00:00:00Z' }];
    expect(accessOptions.parse({ keys }).keys).toEqual([
      { name: 'crm', hash, scopes: ['enrich'], expiresAt: Date.UTC(2027, 0, 1) },
    ]);
    expect(accessOptions.parse({})).toEqual({ keys: [], agents: false });
  });

  it.each([
    { name: 'crm', hash: 'the key itself', scopes: ['read'] },
    { name: 'crm', hash: hashKey('k'), scopes: ['everything'] },
    { name: 'crm', hash: hashKey('k'), scopes: [] },
    { name: '', hash: hashKey('k'), scopes: ['read'] },
    { name: 'master', hash: hashKey('k'), scopes: ['read'] },
  ])('refuses %j', (key) => {
    expect(accessOptions.safeParse({ keys: [key] }).success).toBe(false);
  });

  it('refuses two keys of one name', () => {
    const key = { name: 'crm', hash: hashKey('k'), scopes: ['read'] };
    expect(accessOptions.safeParse({ keys: [key, key] }).success).toBe(false);
  });
});

const bearer = (token: string): string => `Bearer ${token}`;

describe('createAgents', () => {
  it('asks once for each token, again when what it knows is old, and at once when asking failed', async () => {
    const clock = new ManualClock(0);
    const asked: string[] = [];
    let isAway = true;
    const agents = createAgents({
      clock,
      async whoIs(token) {
        asked.push(token);
        if (isAway) throw new Error('the platform is away');
        return token === 'token-of-ann' ? 'ann' : undefined;
      },
    });
    await expect(agents.identify(bearer('token-of-ann'))).rejects.toThrow('away');
    isAway = false;
    const both = [1, 2].map(() => agents.identify(bearer('token-of-ann')));
    expect(await Promise.all(both)).toEqual([ann, ann]);
    expect(await agents.identify(bearer('made-up-token'))).toBeUndefined();
    expect(await agents.identify(bearer('made-up-token'))).toBeUndefined();
    expect(asked).toEqual(['token-of-ann', 'token-of-ann', 'made-up-token']);
    await clock.advance(30_000);
    await agents.identify(bearer('made-up-token'));
    await agents.identify(bearer('token-of-ann'));
    expect(asked).toHaveLength(4);
    await clock.advance(300_000);
    await agents.identify(bearer('token-of-ann'));
    expect(asked).toHaveLength(5);
    expect(await agents.identify(undefined)).toBeUndefined();
  });
});

describe('createAgents, told to ask about no new token', () => {
  it('still knows whose token it was told of before, and asks about that again', async () => {
    const clock = new ManualClock(0);
    const asked: string[] = [];
    const agents = createAgents({
      clock,
      async whoIs(token) {
        asked.push(token);
        return token === 'token-of-ann' ? 'ann' : undefined;
      },
    });
    await agents.identify(bearer('token-of-ann'));
    await agents.identify(bearer('made-up-token'));
    await clock.advance(300_000);
    const only = { asksNew: false };
    const later = { ...ann, believedUntil: 600_000 };
    expect(await agents.identify(bearer('token-of-ann'), only)).toEqual(later);
    expect(await agents.identify(bearer('made-up-token'), only)).toBeUndefined();
    expect(await agents.identify(bearer('another-token'), only)).toBeUndefined();
    expect(asked).toEqual(['token-of-ann', 'made-up-token', 'token-of-ann']);
  });
});

describe('createAgents, over a platform that cannot answer for a moment', () => {
  it('knows a token after it that it knew before', async () => {
    const clock = new ManualClock(0);
    let isAway = false;
    const agents = createAgents({
      clock,
      async whoIs() {
        if (isAway) throw new Error('the platform is away');
        return 'ann';
      },
    });
    await agents.identify(bearer('token-of-ann'));
    await clock.advance(300_000);
    isAway = true;
    const only = { asksNew: false };
    await expect(agents.identify(bearer('token-of-ann'), only)).rejects.toThrow('away');
    isAway = false;
    expect(await agents.identify(bearer('token-of-ann'), only)).toMatchObject({ userId: 'ann' });
    expect([
      agents.knows(bearer('token-of-ann')),
      agents.knows(bearer('another-token')),
      agents.knows(undefined),
    ]).toEqual([true, false, false]);
  });
});

describe('createAttendanceBook', () => {
  it('lets somebody in who has come since, and asks no more often than it may', async () => {
    const clock = new ManualClock(0);
    const id = parseConversationId('c1');
    const userIds = new Set(['ben']);
    let reads = 0;
    const book = createAttendanceBook({
      clock,
      async read() {
        reads += 1;
        return { userIds: new Set(userIds) };
      },
    });
    const sees = (principal: Principal): Promise<string> =>
      book.assertSees(principal, id).then(
        () => 'yes',
        (error: unknown) => (isRapportError(error) ? error.code : 'defect'),
      );
    expect(await sees(ann)).toBe('ERR_NOT_ON_CONVERSATION');
    userIds.add('ann');
    expect(await sees(ann)).toBe('yes');
    expect([await sees(ann), reads]).toEqual(['yes', 2]);
    const cleo: Principal = { kind: 'user', userId: 'cleo', believedUntil: 300_000 };
    for (let n = 0; n < 5; n += 1) expect(await sees(cleo)).toBe('ERR_NOT_ON_CONVERSATION');
    expect([await sees(cleo), reads]).toEqual(['ERR_TOO_MANY_REQUESTS', 7]);
    expect(await sees(reader)).toBe('yes');
  });
});
