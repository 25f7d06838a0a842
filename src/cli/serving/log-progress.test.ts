import { expect, it } from 'vitest';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import { conversationId } from '../../ledger/ledger.fixture.ts';
import { silentLog } from '../../lib/log.ts';
import { logProgress } from './log-progress.ts';

// The log reads nothing else of an entry.
const entry = (key: string, state: AttributeState): AttributeEntry =>
  ({ key, state }) as AttributeEntry;

it('warns of keys that are given up, which no outcome tells any more', () => {
  const lines: unknown[] = [];
  const log = {
    ...silentLog,
    warn: (event: string, fields?: object) => void lines.push([event, fields]),
  };
  const changed = [entry('crm.tier', 'failed'), entry('crm.id', 'visible')];
  logProgress(log, {
    conversationId: conversationId('c1'),
    at: 0,
    entries: changed,
    changed,
    answered: undefined,
    platformRequests: 0,
    proofRequests: 1,
  });
  expect(lines).toMatchObject([
    ['attributes.not-there', { conversationId: 'c1', keys: ['crm.tier: failed'] }],
  ]);
});
