import { describe, expect, it } from 'vitest';
import { createKey, type KeyRecord } from '../../access/keys.ts';
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
});
