import { describe, expect, it } from 'vitest';
import { createAgents } from '../../access/agents.ts';
import { createKey, type KeyRecord } from '../../access/keys.ts';
import { parseConversationId } from '../../domain/ids.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { openAccess } from './access.ts';

const service = { host: '127.0.0.1' } as Parameters<typeof openAccess>[0]['service'];
const configOf = (record: KeyRecord): Parameters<typeof openAccess>[0] => ({
  access: { keys: [record], agents: false },
  service,
});
const makeKey = (): KeyRecord => createKey({ name: 'desk', scopes: ['read'] }).record;

describe('openAccess', () => {
  it('opens nothing by the ticket of a key whose name another key has taken over', async () => {
    const before = makeKey();
    const access = openAccess(configOf(before), {
      clock: new ManualClock(0),
      installationKey: Buffer.alloc(32, 1),
      notes: { takeOnce: async () => true },
    });
    const all = { kind: 'all' } as const;
    const { name, hash, scopes } = before;
    const desk = { kind: 'key', name, hash, scopes: new Set(scopes) } as const;
    const [kept, late] = [access.tickets.issue(desk, all), access.tickets.issue(desk, all)];
    expect(await access.tickets.redeem(kept.ticket, all)).toMatchObject({ kind: 'redeemed' });
    access.replace(configOf(makeKey()));
    expect(await access.tickets.redeem(late.ticket, all)).toEqual({
      kind: 'refused',
      reason: 'revoked',
    });
  });

  it('lets an agent follow as long as the platform’s word on their token is believed, also by a ticket', async () => {
    const clock = new ManualClock(0);
    const config = { access: { keys: [makeKey()], agents: true }, service };
    const access = openAccess(config, {
      clock,
      installationKey: Buffer.alloc(32, 1),
      notes: { takeOnce: async () => true },
    });
    const agents = createAgents({ clock, whoIs: async () => 'ann' });
    const ann = await agents.identify('Bearer token-of-ann');
    if (ann === undefined) throw new Error('nobody was let in');
    const target = { kind: 'conversation', conversationId: parseConversationId('c1') } as const;
    const redeem = () => access.tickets.redeem(access.tickets.issue(ann, target).ticket, target);
    expect(await redeem()).toEqual({ kind: 'redeemed', principal: ann });
    await clock.advance(299_999);
    expect(access.stillMay(ann, 'read')).toBe(true);
    await clock.advance(1);
    expect(access.stillMay(ann, 'read')).toBe(false);
    expect(await redeem()).toEqual({ kind: 'refused', reason: 'revoked' });
  });
});
